"""kill -9 of the fan-out at each boundary of its way: before and after every commit, before and after every confirm.

The fan-out runs in a process of its own, which kills itself there; then another one goes on. Nobody is skipped, and
nobody gets a second mail. The broker is a file that is written through to the disk, the dispatchers are doubles.
"""

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url, select

from actors.broker import Message
from actors.database.config import DatabaseConfig
from actors.database.engine import open_engine
from apps.email.campaign import books, sends
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.fanning import LEASE_SECONDS
from apps.email.campaign.fanout import step
from apps.email.campaign.sends import start_send
from apps.email.campaign.states import OVER, SendState
from apps.email.campaign.tables import PEOPLE
from tests.apps.email.campaign.fanned import CONFIG
from tests.apps.email.campaign.world import ME, NOW, OTHER, dispatch, order, people

COUNT = 5
NEVER = 10_000
LATER = NOW + timedelta(seconds=LEASE_SECONDS + 1)


@dataclass
class Boundaries:
    """Kills this process at the one with the number `deadly`, from 1."""

    deadly: int
    passed: int = 0

    def cross(self) -> None:
        self.passed += 1
        if self.passed == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Broker:
    """What is published lies in a file; it is taken out of there once by each process."""

    file: Path
    boundaries: Boundaries
    taken: int = 0

    def publish(self, messages: Sequence[Message]) -> None:
        self.boundaries.cross()
        with self.file.open("ab") as lines:
            lines.writelines(message.body + b"\n" for message in messages)
            lines.flush()
            os.fsync(lines.fileno())
        self.boundaries.cross()

    def new(self) -> list[Chunk]:
        lines = self.file.read_bytes().splitlines() if self.file.exists() else []
        fresh, self.taken = lines[self.taken :], len(lines)
        return [Chunk.from_json(line) for line in fresh]


@dataclass
class Deadly:
    """Transactions with a boundary on either side of the commit."""

    engine: Engine
    boundaries: Boundaries

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.engine.begin() as conn:
            yield conn
            self.boundaries.cross()
        self.boundaries.cross()

    read = begin


@dataclass
class Way:
    """Of one send, by one holder, as far as it gets."""

    url: str
    folder: Path
    id: int
    holder: str = ME
    deadly: int = NEVER
    boundaries: Boundaries = field(init=False)

    def go(self) -> None:
        self.boundaries = Boundaries(self.deadly)
        engine = open_engine(make_url(self.url), DatabaseConfig())
        try:
            self._steps(engine)
        finally:
            engine.dispose()
        (self.folder / "passed").write_text(str(self.boundaries.passed))

    def _steps(self, engine: Engine) -> None:
        broker = Broker(self.folder / f"queue-{self.id}", self.boundaries)
        database = Deadly(engine, self.boundaries)
        now = NOW if self.holder == ME else LATER
        for _ in range(100):
            step(database, broker.publish, self.id, self.holder, CONFIG, (), now)
            with engine.begin() as conn:
                send = sends.load(conn, self.id)
                handed = Counter[str]()
                for chunk in broker.new():
                    dispatch(conn, send, chunk, self.holder, handed)
            with (self.folder / f"handed-{self.id}").open("a") as lines:
                lines.writelines(f"{person}\n" for person in handed.elements())
            if send.state in OVER:
                return
        raise AssertionError(f"the send is {send.state} after a hundred steps: {send.reason}")


def in_a_process(way: Way) -> int | None:
    """The exit code."""
    process = multiprocessing.get_context("fork").Process(target=way.go)
    process.start()
    process.join(30)
    code = process.exitcode
    assert code is not None, "it did not end"
    process.close()
    return code


def ordered(url: str, name: str) -> int:
    engine = open_engine(make_url(url), DatabaseConfig())
    with engine.begin() as conn:
        people(conn, COUNT)
        id, _ = start_send(conn, order(name), NOW, 2)
    engine.dispose()
    return id


def test_killed_at_any_boundary_nobody_is_skipped_and_nobody_doubled(url: str, engine: Engine, tmp_path: Path) -> None:
    engine.dispose()
    assert in_a_process(Way(url, tmp_path, ordered(url, "whole"))) == 0
    boundaries = int((tmp_path / "passed").read_text())
    assert boundaries > 20
    repeated = 0
    for deadly in range(1, boundaries + 1):
        id = ordered(url, f"killed at {deadly}")
        assert in_a_process(Way(url, tmp_path, id, deadly=deadly)) == -signal.SIGKILL
        assert in_a_process(Way(url, tmp_path, id, holder=OTHER)) == 0
        with engine.connect() as conn:
            send = sends.load(conn, id)
            found = books.of(conn, send)
            frozen = list(conn.scalars(select(PEOPLE.c.person_id).where(PEOPLE.c.send_id == id)))
        engine.dispose()
        handed = Counter((tmp_path / f"handed-{id}").read_text().split())
        assert send.state is SendState.FINISHED, f"killed at {deadly}: {send.state}, {send.reason}"
        assert handed == Counter(frozen), f"killed at {deadly}"
        assert len(frozen) == COUNT == found.handed
        repeated += len((tmp_path / f"queue-{id}").read_bytes().splitlines()) > send.chunks
    # The claims were put to the test: some kills made chunks be published twice.
    assert repeated >= 2
