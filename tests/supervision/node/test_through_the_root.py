"""A node seen and touched through its root as if it were local: rows, events, log, verbs, faults, facts, metrics."""

import logging
import threading
from collections.abc import Iterator
from typing import Any, cast

import psutil
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from supervision import ChildSpec, DynamicSupervisor, FaultRule, Supervisor
from supervision.events import ChildExited, ChildStarted, FaultInjected, NodeLost
from supervision.metrics import TreeCollector
from supervision.node.errors import NoAnswer, RefusedThere
from supervision.operations import OPERATIONS
from supervision.reasons import Lost
from supervision.testing import Running, running
from supervision.verbs import Site
from tests.supervision.node.inside import Asker, Echo, Subject, node

PATIENCE = 30.0
PAIR = Supervisor.spec("pair", [ChildSpec(id="echo", actor=Echo), ChildSpec(id="asker", actor=Asker)])


@pytest.fixture
def tree() -> Iterator[Running]:
    with running(node(ChildSpec(id="subject", actor=Subject), PAIR, DynamicSupervisor.spec("guests"))) as tree:
        yield tree


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.more = threading.Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self.more:
            self.seen.append(record.getMessage())
            self.more.notify_all()

    def expect(self, text: str) -> None:
        with self.more:
            assert self.more.wait_for(lambda: any(text in line for line in self.seen), PATIENCE), self.seen


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines = Lines()
    logging.getLogger().addHandler(lines)
    yield lines
    logging.getLogger().removeHandler(lines)


def verb(tree: Running, name: str, **params: Any) -> Any:
    (found,) = (verb for verb in OPERATIONS if verb.name == name)
    return found(Site(tree.system, cast(Any, None)), params)


def test_a_crash_inside_is_an_event_outside_with_its_reason_and_stack(tree: Running) -> None:
    tree.system.facts["order"] = "crash"
    exit = tree.events.expect(ChildExited, timeout=PATIENCE)
    assert (exit.path, str(exit.reason)) == ("/n/subject", "ValueError: on demand")
    assert "in _obey" in cast(Any, exit.reason).stack
    tree.system.facts["order"] = ""
    tree.events.expect(ChildStarted, lambda event: event.path == "/n/subject" and event.restarts > 0, PATIENCE)
    row = tree.system.tree.get("/n/subject")
    assert row is not None and row.restarts > 0 and row.last_reason == "ValueError: on demand"


def test_its_rows_tell_mailboxes_and_work_as_local_ones_do(tree: Running) -> None:
    pause = threading.Event()
    for _ in range(300):
        row = tree.system.tree.get("/n/subject")
        assert row is not None and row.live is not None
        if row.as_dict(0.0)["handled"] > 0:
            return
        pause.wait(0.02)
    raise AssertionError("nothing was handled")


def test_its_restart_budgets_are_known(tree: Running) -> None:
    rows = {row.path: row for row in tree.system.tree.rows()}
    assert rows["/n"].budget_left(0.0) == 50
    assert rows["/n/pair"].budget_left(0.0) == 3


def test_its_log_is_written_by_the_root(tree: Running, lines: Lines) -> None:
    tree.system.facts["order"] = "log"
    lines.expect("/n: hello from /n/subject")


def test_inside_apps_find_each_other_by_their_usual_names(tree: Running, lines: Lines) -> None:
    verb(tree, "restart", path="/n/pair/asker")
    lines.expect("/n: heard hello")
    verb(tree, "restart", path="/n/pair/echo")
    lines.expect("/n: down of /pair/echo")


def test_info_shows_the_stack_inside(tree: Running) -> None:
    answer = verb(tree, "info", path="/n/subject")
    assert answer["pid"] != 0 and "mailbox" in answer["stack"]


def start_once_ended(tree: Running, path: str) -> None:
    """The tree may tell the end of a child a moment before its supervisor has heard of it."""
    pause = threading.Event()
    for _ in range(300):
        try:
            verb(tree, "start", path=path)
            return
        except RefusedThere as refused:
            assert "is stopping" in str(refused)
            pause.wait(0.02)
    raise AssertionError(f"{path} is stopping for ever")


def test_restart_stop_and_start_are_carried_out_inside(tree: Running) -> None:
    before = verb(tree, "restart", path="/n/subject")["incarnation"]
    started = tree.events.expect(
        ChildStarted, lambda event: event.path == "/n/subject" and event.incarnation > before, PATIENCE
    )
    verb(tree, "stop", path="/n/subject")
    tree.wait_state("/n/subject", "stopped")
    start_once_ended(tree, "/n/subject")
    tree.events.expect(
        ChildStarted, lambda event: event.path == "/n/subject" and event.incarnation > started.incarnation, PATIENCE
    )


def test_suspend_and_resume_reach_inside(tree: Running) -> None:
    for order, expected in (("suspend", True), ("resume", False)):
        verb(tree, order, path="/n/subject")
        pause = threading.Event()
        for _ in range(300):
            if verb(tree, "info", path="/n/subject")["suspended"] is expected:
                break
            pause.wait(0.02)
        assert verb(tree, "info", path="/n/subject")["suspended"] is expected


def test_a_node_that_does_not_answer_is_told_from_one_that_refuses(tree: Running) -> None:
    process = psutil.Process(verb(tree, "info", path="/n")["pid"])
    process.suspend()
    try:
        with pytest.raises(NoAnswer, match="did not answer within 2 s"):
            verb(tree, "info", path="/n/subject")
    finally:
        process.resume()


def test_a_refusal_inside_is_one_outside(tree: Running) -> None:
    with pytest.raises(RefusedThere, match="nothing has the path") as refused:
        verb(tree, "info", path="/n/nobody")
    assert (refused.value.status, refused.value.field) == (404, "path")


def test_verbs_on_paths_inside_are_not_quick(tree: Running) -> None:
    (info,) = (verb for verb in OPERATIONS if verb.name == "info")
    site = Site(tree.system, cast(Any, None))
    assert not info.is_quick(site, info.parse({"path": "/n/subject"}))
    assert info.is_quick(site, info.parse({"path": "/n"}))


def test_talking_to_an_actor_of_another_process_says_why_not(tree: Running) -> None:
    with pytest.raises(Exception, match="inside one process only"):
        tree.system.address("/n/subject").cast("hello")


def test_faults_of_the_root_strike_inside_and_are_told(tree: Running) -> None:
    tree.system.faults.enabled = True
    number = tree.system.faults.add(FaultRule("crash", "/n/subject"))
    injected = tree.events.expect(FaultInjected, timeout=PATIENCE)
    assert (injected.path, injected.fault, injected.kind) == ("/n/subject", number, "crash")
    exit = tree.events.expect(ChildExited, timeout=PATIENCE)
    assert exit.reason.category == "injected"
    pause = threading.Event()
    for _ in range(300):
        if tree.system.faults.entries()[0].struck == {"/n/subject": 1}:
            break
        pause.wait(0.02)
    assert tree.system.faults.entries()[0].struck == {"/n/subject": 1}
    # A node that comes later knows what has struck already.
    verb(tree, "restart", path="/n")
    tree.events.expect(ChildStarted, lambda event: event.path == "/n", timeout=PATIENCE)
    again = verb(tree, "info", path="/n/subject")
    assert [fault["struck"] for fault in again["faults"]] == [{"/n/subject": 1}]


@pytest.mark.parametrize(("kind", "detail"), [("kill-node", "SIGKILL"), ("stop-node", "no heartbeat for 1.0 s")])
def test_faults_of_the_process_itself_are_told_from_real_deaths(kind: Any, detail: str) -> None:
    with running(node(ChildSpec(id="subject", actor=Subject), options={"timeout_seconds": 1.0})) as tree:
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule(kind, "/n"))
        assert tree.events.expect(FaultInjected, timeout=PATIENCE).kind == kind
        assert tree.events.expect(NodeLost, timeout=PATIENCE).reason == Lost(detail, injected=True)
        tree.events.expect(ChildStarted, lambda event: event.path == "/n", PATIENCE)


def test_a_pause_shorter_than_the_timeout_changes_nothing() -> None:
    with running(node(ChildSpec(id="subject", actor=Subject), options={"timeout_seconds": 5.0})) as tree:
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("pause-node", "/n", seconds=0.5))
        tree.events.expect(FaultInjected, timeout=PATIENCE)
        assert verb(tree, "info", path="/n/subject")["state"] == "running"
        assert not [event for event in tree.events.seen if isinstance(event, NodeLost)]


def test_a_fault_by_the_usual_name_finds_the_actor_in_its_node(tree: Running) -> None:
    tree.system.faults.enabled = True
    added = verb(tree, "fault.add", pattern="/pair/*")
    assert added["matches"] == ["/n/pair/echo", "/n/pair/asker"]
    struck = {tree.events.expect(FaultInjected, timeout=PATIENCE).path for _ in range(2)}
    assert struck == {"/n/pair/echo", "/n/pair/asker"}


def test_the_metrics_of_the_tree_cover_it(tree: Running) -> None:
    registry = CollectorRegistry()
    registry.register(TreeCollector(tree.system))
    text = generate_latest(registry).decode()
    assert 'supervisor_child_state{child="/n/subject",state="running"} 1.0' in text
    assert 'supervisor_restart_budget{supervisor="/n/pair"} 3.0' in text
