"""The file locked, broken, full, of another version: who waits is told at once, and work goes on when it is over."""

import resource
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from actors.broker import Message, Queue, Topology, Unavailable
from actors.broker.embedded.file import File
from actors.broker.embedded.schema import UPGRADE
from actors.broker.port import PUBLISHER
from supervision.clock import SystemClock
from supervision.testing import PATIENCE_SECONDS, running
from tests.actors.broker.harness import World, engine_for, numbered, publisher_of, world

TOPOLOGY = Topology(queues=(Queue("work"),))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """What a full disk does to a file: writing beyond `size` bytes fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_locked_file_is_reported_in_time_and_published_to_afterwards(tmp_path: Path) -> None:
    engine = engine_for(tmp_path, TOPOLOGY, lock_timeout_seconds=0.2)
    with world(engine) as rig:
        with locked(tmp_path / "broker.sqlite"):
            start = time.monotonic()
            with pytest.raises(Unavailable, match="locked"):
                rig.publish(Message(b"x", "work"))
            assert time.monotonic() - start < 2.0
        rig.publisher_restarted()
        assert rig.publish(Message(b"x", "work")) == 1


def test_all_who_wait_hear_of_the_crash(tmp_path: Path) -> None:
    engine = engine_for(tmp_path, TOPOLOGY, lock_timeout_seconds=0.3)
    errors: list[Exception] = []

    def publish(rig: World) -> None:
        try:
            rig.publish(Message(b"x", "work"))
        except Unavailable as error:
            errors.append(error)

    with world(engine) as rig, locked(tmp_path / "broker.sqlite"):
        threads = [threading.Thread(target=publish, args=(rig,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        assert len(errors) == 10


def test_a_broken_file_keeps_the_publisher_in_backoff_and_the_tree_up(tmp_path: Path) -> None:
    path = tmp_path / "broker.sqlite"
    path.write_bytes(b"this is no database" * 1000)
    engine = engine_for(tmp_path, TOPOLOGY)
    with running(publisher_of(engine), intensity=0) as tree:
        tree.wait_state(PUBLISHER, "backoff")
        with pytest.raises(Unavailable) as caught:
            World(tree, engine).publish(Message(b"x", "work"))
        assert caught.value.retry_at is not None
        with pytest.raises(Unavailable, match="not a database"):
            engine.statuses()
        path.unlink()
        tree.wait_state(PUBLISHER, "running")


def test_a_full_disk_loses_nothing_that_was_confirmed(tmp_path: Path) -> None:
    engine = engine_for(tmp_path, TOPOLOGY)
    with world(engine) as rig:
        assert rig.publish(*numbered(10, "work")) == 10
        with no_file_beyond(1 << 20), pytest.raises(Unavailable):
            rig.publish(Message(bytes(3 << 20), "work"))
        rig.publisher_restarted()
        assert rig.publish(*numbered(10, "work", 10)) == 10
        rig.subscribe()
        rig.consume("work")
        got = rig.receive(20)
        assert [delivery.message.body for delivery in got] == [str(number).encode() for number in range(20)]


def test_a_file_of_another_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "broker.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    file = File(path, 0.5, durable=True)
    with pytest.raises(Unavailable, match="another version"):
        file.open()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() == (0,)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with world(engine_for(tmp_path, TOPOLOGY)) as rig:
        rig.publish(Message(b"x", "work"))
        files = list(tmp_path.glob("broker.sqlite*"))
        assert {stat.S_IMODE(file.stat().st_mode) for file in files if file.is_file()} == {0o600}


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    files = [File(tmp_path / "broker.sqlite", 5.0, durable=False) for _ in range(8)]
    failures: list[Exception] = []
    barrier = threading.Barrier(len(files))

    def open_and_close(file: File) -> None:
        barrier.wait(PATIENCE_SECONDS)
        try:
            file.open()
        except Unavailable as error:
            failures.append(error)
        file.close()

    threads = [threading.Thread(target=open_and_close, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert failures == []


def test_a_failed_write_leaves_nothing_and_the_file_usable(tmp_path: Path) -> None:
    file = File(tmp_path / "broker.sqlite", 0.5, durable=True)
    file.open()
    try:
        with pytest.raises(Unavailable, match="no such table"), file.write() as connection:
            connection.execute("INSERT INTO totals VALUES (1, 'x', 1)")
            connection.execute("INSERT INTO nonsense VALUES (1)")
        with file.write() as connection:
            assert connection.execute("SELECT COUNT(*) FROM totals").fetchone() == (0,)
    finally:
        file.close()
    with pytest.raises(Unavailable, match="not open"), file.write():
        pass


def test_a_file_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    """What is in it stays; queues of that version last for ever, and messages had fewer properties."""
    engine = engine_for(tmp_path, TOPOLOGY)
    channel = engine.publish_channel(SystemClock())
    channel.open()
    channel.publish([Message(b"old", "work", message_id="1")])
    channel.close()
    with closing(sqlite3.connect(tmp_path / "broker.sqlite")) as connection:
        for statement in UPGRADE:
            _, _, table, _, _, column, *_ = statement.split()
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
    consumer = engine.consume_channel("work", SystemClock())
    consumer.open(10)
    try:
        (delivery,) = consumer.take(10)
        assert (delivery.message.body, delivery.message.message_id) == (b"old", "1")
    finally:
        consumer.close()
