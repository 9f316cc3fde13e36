"""The snapshot: rows in order, budgets, what is read live, and that it answers while actors hang."""

import threading

from supervision import Actor, ChildSpec, Row, State, Supervisor, Tree
from supervision.testing import running
from supervision.tree import Budget


def row(path, **fields):
    return Row(**{"path": path, "id": path.rpartition("/")[2], "type": "worker", "state": State.RUNNING, **fields})


def test_parents_come_before_children_and_siblings_in_start_order():
    tree = Tree()
    for path in ("/", "/b", "/a", "/b/y", "/b/x", "/a/z"):
        tree.put(row(path))
    assert [entry.path for entry in tree.rows()] == ["/", "/b", "/b/y", "/b/x", "/a", "/a/z"]
    assert [entry.depth for entry in tree.rows()] == [0, 1, 2, 2, 1, 2]


def test_removing_a_row_removes_what_is_below_but_not_its_namesakes():
    tree = Tree()
    for path in ("/", "/a", "/a/b", "/ab"):
        tree.put(row(path))
    tree.remove("/a")
    assert [entry.path for entry in tree.rows()] == ["/", "/ab"]
    tree.clear_below("/")
    assert [entry.path for entry in tree.rows()] == ["/"]


def test_the_budget_is_the_supervisors_own_part_of_its_row():
    tree = Tree()
    tree.put(row("/s", type="supervisor"))
    tree.put_budget("/s", Budget("one_for_one", 3, 10.0, (100.0, 105.0)))
    tree.put(row("/s", type="supervisor", restarts=1))
    assert tree.get("/s").budget_left(now=106.0) == 1
    assert tree.get("/s").budget_left(now=111.0) == 2
    assert tree.get("/s").as_dict(now=111.0)["budget_left"] == 2


def test_it_answers_while_every_actor_hangs():
    gate, entered = threading.Event(), threading.Semaphore(0)

    class Hangs(Actor):
        def on_receive(self, message):
            entered.release()
            gate.wait(10.0)

    children = [ChildSpec(id=f"a{number}", actor=Hangs) for number in range(20)]
    with running(Supervisor.spec("s", children)) as world:
        for number in range(20):
            world.system.address(f"/s/a{number}").cast("hang")
            world.system.address(f"/s/a{number}").cast("wait")
        for _ in range(20):
            assert entered.acquire(timeout=5.0)
        rows = [entry.as_dict(now=world.system.clock.monotonic()) for entry in world.system.tree.rows()]
        assert len(rows) == 22
        assert all(entry["mailbox"] == {"system": 0, "user": 1} for entry in rows[2:])
        assert all(entry["busy_seconds"] is not None for entry in rows[2:])
        gate.set()
