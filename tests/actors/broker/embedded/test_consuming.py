"""What only the embedded engine does: sessions, locks, and what an abandoned consumer can still do (nothing)."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from actors.broker import Ack, Message, Nack, Queue, Reject, Topology, Unavailable
from actors.broker.embedded.consuming import SWEEP_SECONDS, Consuming
from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.embedded.publishing import Publishing
from actors.broker.embedded.sessions import SessionLock
from actors.errors import UnknownQueue
from supervision.testing import FakeClock
from tests.actors.broker.harness import engine_for

TOPOLOGY = Topology(queues=(Queue("work"), Queue("other"), Queue("fragile", delivery_limit=1)))


class Rig:
    """Channels on one file, opened by hand."""

    def __init__(self, home: Path) -> None:
        self.clock = FakeClock()
        self.engine = cast(EmbeddedEngine, engine_for(home, TOPOLOGY))
        self.channels: list[Consuming | Publishing] = []
        self.publisher = self.engine.publish_channel(self.clock)
        self.publisher.open()
        self.channels.append(self.publisher)

    def consumer(self, queue: str = "work") -> Consuming:
        channel = self.engine.consume_channel(queue, self.clock)
        channel.open(100)
        self.channels.append(channel)
        return channel


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    for channel in rig.channels:
        channel.close()


def test_an_abandoned_consumer_loses_its_claims_and_can_settle_nothing(rig: Rig) -> None:
    """The breaker frees the lock from outside; the thread behind it may still wake up later."""
    rig.publisher.publish([Message(b"x", "work")])
    zombie, successor = rig.consumer(), rig.consumer()
    (old,) = zombie.take(1)
    zombie.interrupt()
    rig.clock.advance(SWEEP_SECONDS)
    assert successor.poll()
    (new,) = successor.take(1)
    assert new.redelivered
    zombie.settle([Ack((old.tag,))])
    statuses = {status.name: status for status in rig.engine.statuses()}
    assert statuses["work"].unacked == 1
    assert statuses["work"].totals["stale_tags"] == 1
    successor.settle([Ack((new.tag,))])


def test_a_session_ended_by_others_takes_nothing_more(rig: Rig) -> None:
    zombie, successor = rig.consumer(), rig.consumer()
    zombie.interrupt()
    rig.clock.advance(SWEEP_SECONDS)
    successor.poll()
    rig.publisher.publish([Message(b"x", "work")])
    with pytest.raises(Unavailable, match="ended by another"):
        zombie.take(1)


def test_publishing_is_flushed_to_the_disk_and_settling_is_not(rig: Rig) -> None:
    """SQLite's FULL and NORMAL: what the loss of power may not undo, and what it may."""
    levels = [
        channel.file.connection.execute("PRAGMA synchronous").fetchone() for channel in (rig.publisher, rig.consumer())
    ]
    assert levels == [(2,), (1,)]


def worn_out(rig: Rig) -> bool:
    """Whether the message of the queue `fragile` was dead-lettered."""
    return {status.name: status for status in rig.engine.statuses()}["dead-letters"].ready == 1


def test_a_message_wears_out_when_its_consumers_are_killed(rig: Rig) -> None:
    rig.publisher.publish([Message(b"poison", "fragile")])
    for _ in range(2):
        assert not worn_out(rig)
        victim, survivor = rig.consumer("fragile"), rig.consumer("fragile")
        assert len(victim.take(1)) == 1
        victim.interrupt()
        rig.clock.advance(SWEEP_SECONDS)
        survivor.poll()
        survivor.close()
    assert worn_out(rig)


def test_a_message_wears_out_when_its_subscriber_crashes(rig: Rig) -> None:
    rig.publisher.publish([Message(b"poison", "fragile")])
    consumer = rig.consumer("fragile")
    for _ in range(2):
        assert not worn_out(rig)
        assert len(consumer.take(1)) == 1
        consumer.return_all(failed=True)
    assert worn_out(rig)


def test_orderly_ends_do_not_wear_a_message_out(rig: Rig) -> None:
    rig.publisher.publish([Message(b"x", "fragile")])
    for count in range(4):
        consumer = rig.consumer("fragile")
        (delivery,) = consumer.take(1)
        assert delivery.delivery_count == 2 * count
        consumer.return_all(failed=False)
        assert len(consumer.take(1)) == 1
        consumer.close()
    assert not worn_out(rig)


def test_the_living_are_left_alone(rig: Rig) -> None:
    rig.publisher.publish([Message(b"x", "work")])
    holder, other = rig.consumer(), rig.consumer()
    assert len(holder.take(1)) == 1
    for _ in range(5):
        rig.clock.advance(3600)
        other.poll()
    assert other.take(1) == []


def test_poll_tells_whether_something_happened(rig: Rig) -> None:
    consumer = rig.consumer()
    consumer.poll()
    consumer.take(1)
    assert not consumer.poll()
    rig.publisher.publish([Message(b"x", "other")])
    assert consumer.poll(), "somebody wrote; perhaps for us"
    assert consumer.take(1) == []
    assert not consumer.poll()


def test_the_pause_ends_when_a_delayed_message_is_due(rig: Rig) -> None:
    consumer = rig.consumer()
    assert consumer.poll_in() == consumer.poll_seconds
    rig.publisher.publish([Message(b"x", "work", delay_seconds=0.05)])
    assert consumer.take(1) == []
    assert consumer.poll_in() == pytest.approx(0.05, abs=1e-6)
    rig.clock.advance(0.05)
    assert consumer.poll()
    assert len(consumer.take(1)) == 1


def test_a_delayed_message_that_is_due_counts_as_ready(rig: Rig) -> None:
    rig.publisher.publish([Message(b"x", "work", delay_seconds=0.001)])
    statuses = {status.name: status for status in rig.engine.statuses()}
    assert (statuses["work"].ready, statuses["work"].delayed) == (1, 0), "the engine's own clock is the real one"


def test_closing_leaves_no_session_and_no_lock_file(rig: Rig) -> None:
    consumer = rig.consumer()
    assert consumer.lock.path.exists()
    consumer.close()
    assert not consumer.lock.path.exists()
    assert {status.consumers for status in rig.engine.statuses()} == {0}


def test_a_start_that_failed_leaves_no_lock_file(rig: Rig) -> None:
    lost = rig.engine.consume_channel("nowhere", rig.clock)
    with pytest.raises(UnknownQueue):
        lost.open(100)
    lost.close()
    assert list(lost.directory.iterdir()) == []


def test_a_lock_is_one_holders_only(tmp_path: Path) -> None:
    first, second = SessionLock(tmp_path / "1"), SessionLock(tmp_path / "1")
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.remove()
    assert list(tmp_path.iterdir()) == []


def test_no_statement_reads_through_all_messages(rig: Rig) -> None:
    """Or a long queue, or one with many delayed messages, would slow its consumers down."""
    rig.publisher.publish([Message(b"x", "work") for _ in range(4)])
    consumer = rig.consumer()
    statements: list[str] = []
    connection = consumer.file.connection
    connection.set_trace_callback(statements.append)
    one, two, three, four = consumer.take(4)
    consumer.settle([Ack((one.tag,)), Nack((two.tag,)), Nack((three.tag,), delay_seconds=1.0), Reject((four.tag,))])
    consumer.return_all(failed=True)
    rig.clock.advance(SWEEP_SECONDS)
    consumer.poll()
    connection.set_trace_callback(None)
    assert len(statements) > 20
    plans = [plan for statement in statements for plan in _plan(connection, statement)]
    assert any("INDEX ready" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith(("SCAN entries", "SCAN contents"))] == []


def _plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    if not statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
        return []
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
