from pathlib import Path
from typing import Any

import pytest

from supervision import Actor, ChildSpec, DynamicSupervisor, NoProc, Refusal, StartChild, Supervisor
from supervision.config import check
from supervision.operations import OPERATIONS, NoSuchPath
from supervision.testing import Running, running
from supervision.verbs import Site, Verbs, WrongParams
from tests.supervision.roots import eventually


class Worker(Actor):
    def on_receive(self, message: Any) -> Any:
        return message


TREE = (
    Supervisor.spec("pool", [ChildSpec(id="a", actor=Worker), ChildSpec(id="b", actor=Worker)]),
    DynamicSupervisor.spec("guests"),
)


def ask(tree: Running, verb: str, **params: Any) -> Any:
    site = Site(tree.system, check({"apps": []}, Path("var"), {}))
    return Verbs(OPERATIONS).find(verb)(site, params)


def test_the_tree_counts_what_it_shows() -> None:
    with running(*TREE) as tree:
        shown = ask(tree, "tree")
        assert (shown["processes"], shown["supervisors"], shown["depth"], shown["zombies"]) == (2, 3, 2, [])
        assert [row["path"] for row in shown["rows"]] == ["/", "/pool", "/pool/a", "/pool/b", "/guests"]
        assert shown["rows"][1]["budget_left"] == 3


def test_info_lists_children_and_the_faults_that_apply() -> None:
    with running(*TREE) as tree:
        tree.system.faults.enabled = True
        ask(tree, "fault.add", pattern="/pool/a", every=100, times=None)
        assert ask(tree, "info", path="/pool")["children"] == ["/pool/a", "/pool/b"]
        assert [fault["pattern"] for fault in ask(tree, "info", path="/pool/a")["faults"]] == ["/pool/a"]
        assert ask(tree, "info", path="/pool/b")["faults"] == []
        with pytest.raises(NoSuchPath, match=r"nothing has the path /zzz; see `rookery tree`"):
            ask(tree, "info", path="/zzz")


def test_a_dynamic_child_is_restarted_although_its_supervisor_forgets_what_it_terminates() -> None:
    with running(*TREE) as tree:
        tree.system.address("/guests").call(StartChild(ChildSpec(id="ada", actor=Worker)))
        before = ask(tree, "restart", path="/guests/ada")
        eventually(
            lambda: (
                (row := tree.system.tree.get("/guests/ada")) is not None
                and row.incarnation > before["incarnation"]
                and row.state == "running"
            ),
            "a new incarnation",
        )


def test_orders_need_somebody_to_take_them() -> None:
    with running(*TREE) as tree:
        ask(tree, "stop", path="/pool")
        tree.wait_state("/pool", "stopped")
        with pytest.raises(NoProc, match="/pool is stopped"):
            ask(tree, "start", path="/pool/a")
        with pytest.raises(NoProc, match="/pool is stopped"):
            ask(tree, "suspend", path="/pool")
        ask(tree, "start", path="/pool")
        tree.wait_state("/pool/a", "running")


def test_what_runs_is_not_started_twice() -> None:
    with running(*TREE) as tree:
        with pytest.raises(Refusal, match="/pool/a is running"):
            ask(tree, "start", path="/pool/a")
        with pytest.raises(Refusal, match="the root itself cannot be restarted"):
            ask(tree, "restart", path="/")


def test_faults_come_and_go_by_number() -> None:
    with running(*TREE) as tree:
        with pytest.raises(Refusal, match=r"faults\.enabled"):
            ask(tree, "fault.add", pattern="/pool/*")
        tree.system.faults.enabled = True
        with pytest.raises(WrongParams, match="pattern: is required"):
            ask(tree, "fault.add")
        first = ask(tree, "fault.add", pattern="/pool/*", every=1000, times=None)
        assert first == {"id": 1, "matches": ["/pool/a", "/pool/b"]}
        ask(tree, "fault.add", pattern="/none", every=1000, duration_seconds=60)
        assert ask(tree, "fault.clear", id=1) == {"cleared": 1}
        (second,) = ask(tree, "fault.list")
        assert (second["id"], second["struck"]) == (2, {})
        with pytest.raises(Refusal, match="no fault has the number 7"):
            ask(tree, "fault.clear", id=7)
        assert ask(tree, "fault.clear") == {"cleared": 1}


# --- looking into an actor ------------------------------------------------------------------------------------------


def test_an_actor_says_what_it_holds_and_a_supervisor_how_its_children_stand() -> None:
    with running(*TREE) as tree:
        shown = ask(tree, "state", path="/pool/a")
        assert (shown["class"], shown["status"], shown["state"]) == ("Worker", "running", {})
        assert ask(tree, "state", path="/pool")["state"]["children"] == {"a": "running", "b": "running"}
        with pytest.raises(NoSuchPath):
            ask(tree, "state", path="/pool/c")
        with pytest.raises(WrongParams, match="timeout_seconds"):
            ask(tree, "state", path="/pool/a", timeout_seconds=0)


def test_statistics_and_log_are_ordered_here_and_seen_in_info() -> None:
    with running(*TREE) as tree:
        assert ask(tree, "info", path="/pool/a")["instruments"] is None
        ask(tree, "statistics", path="/pool/a", on=True)
        ask(tree, "log", path="/pool/a", last=2)
        assert tree.system.address("/pool/a").call("hello") == "hello"
        tree.system.address("/pool/a").call("world")
        shown = ask(tree, "info", path="/pool/a")["instruments"]
        assert (shown["statistics"]["messages_in"], shown["statistics"]["messages_out"]) == (2, 2)
        assert [(event["direction"], event["message"]) for event in shown["events"]] == [
            ("in", "world"),
            ("out", "world"),
        ]
        ask(tree, "statistics", path="/pool/a", on=True)  # twice is once
        ask(tree, "log", path="/pool/a", last=0)
        assert ask(tree, "state", path="/pool/a")["instruments"]["statistics"]["messages_in"] == 2
        ask(tree, "statistics", path="/pool/a", on=False)
        ask(tree, "state", path="/pool/a")
        assert ask(tree, "info", path="/pool/a")["instruments"] is None


def test_a_suspended_actor_is_seen_as_such() -> None:
    with running(*TREE) as tree:
        ask(tree, "suspend", path="/pool/a")
        assert ask(tree, "state", path="/pool/a")["status"] == "suspended"
        assert [row["path"] for row in ask(tree, "tree")["rows"] if row["suspended"]] == ["/pool/a"]
        ask(tree, "resume", path="/pool/a")
        assert ask(tree, "state", path="/pool/a")["status"] == "running"
        assert not ask(tree, "info", path="/pool/a")["suspended"]
