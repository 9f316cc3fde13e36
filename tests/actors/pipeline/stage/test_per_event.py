"""DEM-17: one child per event."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from actors.pipeline.stage import ConsumerSupervisor, SubscribeTo, Terms
from supervision import NORMAL, Actor, ChildExited, ChildSpec, CountChildren, SpecError, StartChild, Stop
from supervision.testing import PATIENCE_SECONDS, Inbox
from tests.actors.pipeline.stage.stages import Counter, Demanded, Stages, stages


@dataclass(frozen=True, slots=True)
class Began:
    event: Any
    path: str


@dataclass(frozen=True, slots=True)
class End:
    """To a worker: end, by a crash or not."""

    crash: bool = False


class Worker(Actor):
    def __init__(self, inbox: Inbox, refuse: bool, event: Any) -> None:
        super().__init__()
        self.inbox = inbox
        self.refuse = refuse
        self.event = event

    def on_start(self) -> None:
        if self.refuse:
            raise RuntimeError("the test said so")
        self.inbox.put(Began(self.event, self.context.path))

    def on_receive(self, message: Any) -> None:
        raise RuntimeError("the test said so") if message.crash else Stop(NORMAL)


@contextmanager
def supervising(
    max_demand: int, min_demand: int, restart: Any = "temporary", refuse: bool = False
) -> Iterator[tuple[Stages, Inbox, Inbox]]:
    """A counter and its supervisor; with what the counter and the workers show."""
    workers = Inbox()
    template = ChildSpec(id="worker", actor=Worker, args=(workers, refuse), restart=restart)
    source = SubscribeTo("/counter", Terms(max_demand, min_demand, cancel="temporary"))
    with stages() as app:
        counter = app.start("counter", Counter)
        app.call("", StartChild(ConsumerSupervisor.of("workers", template, source, intensity=100)))
        yield app, counter, workers


def children(app: Stages) -> int:
    count: int = app.call("workers", CountChildren()).specs
    return count


def began(workers: Inbox, count: int) -> list[Began]:
    return [workers.expect(Began) for _ in range(count)]


def test_dem_17_every_event_has_a_child_and_no_more_run_than_were_asked_for() -> None:
    with supervising(3, 1) as (app, counter, workers):
        assert [worker.event for worker in began(workers, 3)] == [0, 1, 2]
        app.settle("counter")
        assert children(app) == 3
        assert counter.expect(Demanded).count == 3
        assert counter.nothing_more()


def test_dem_17_it_asks_again_when_the_count_has_fallen_to_min() -> None:
    with supervising(3, 1) as (app, counter, workers):
        first, second, _ = began(workers, 3)
        app.tree.system.address(first.path).cast(End())
        app.tree.events.expect(ChildExited, lambda event: event.path == first.path)
        assert children(app) == 2
        app.tree.system.address(second.path).cast(End())
        assert [worker.event for worker in began(workers, 2)] == [3, 4]
        assert [counter.expect(Demanded).count for _ in range(2)] == [3, 2]


def test_dem_17_a_child_that_is_restarted_counts_until_it_is_done() -> None:
    with supervising(2, 0, restart="transient") as (app, counter, workers):
        first, second = began(workers, 2)
        app.tree.system.address(first.path).cast(End(crash=True))
        again = workers.expect(Began)
        assert (again.event, children(app)) == (0, 2)
        app.tree.system.address(second.path).cast(End())
        app.tree.events.expect(ChildExited, lambda event: event.path == second.path)
        app.settle("counter")
        assert (children(app), counter.expect(Demanded).count, counter.nothing_more()) == (1, 2, True)
        app.tree.system.address(first.path).cast(End())
        assert [worker.event for worker in began(workers, 2)] == [2, 3]


def test_dem_17_children_outlive_the_producer() -> None:
    with supervising(2, 0) as (app, _, workers):
        began(workers, 2)
        app.stop("counter")
        assert children(app) == 2


def test_dem_17_permanent_children_are_refused() -> None:
    template = ChildSpec(id="worker", actor=Worker)
    with pytest.raises(SpecError, match="transient or temporary"):
        ConsumerSupervisor.of("workers", template).actor(*ConsumerSupervisor.of("workers", template).args)


def test_dem_17_an_event_whose_child_does_not_start_is_counted_and_makes_room(
    caplog: pytest.LogCaptureFixture,
) -> None:
    enough = threading.Event()

    class Few(Counter):
        def handle_demand(self, count: int) -> None:
            if self.next < 6:
                super().handle_demand(count)
            else:
                enough.set()

    workers = Inbox()
    template = ChildSpec(id="worker", actor=Worker, args=(workers, True), restart="temporary")
    with stages() as app:
        app.start("counter", Few)
        source = SubscribeTo("/counter", Terms(2, 0, cancel="temporary"))
        app.call("", StartChild(ConsumerSupervisor.of("workers", template, source)))
        assert enough.wait(PATIENCE_SECONDS)
    assert caplog.text.count("/workers discarded 1 events: /workers/") == 6
