"""The outbound branch of one root with simulated carriers, and texts for it."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, insert, select

from actors.carrier.simulated import phones, watcher
from actors.database import Connection, Database
from apps.sms.outbound.handing import Term
from apps.sms.outbound.spec import AUTHORITY, outbound_spec
from apps.sms.states import Lane
from apps.sms.tables import leaders, members, numbers, parts, texts
from supervision import ChildSpec, Supervisor
from supervision.config import Settings, check
from supervision.testing import Inbox, Probe, Running, running

T = TypeVar("T")

APPS = ["actors.database", "actors.broker", "actors.lease", "apps.people", "apps.sms"]
OURS = "+15550001000"
_keys = itertools.count(1)


def settings(home: Path, url: str | None = None, **sms: Any) -> Settings:
    """`sms` overrides keys of the section."""
    database: dict[str, Any] = {"health_interval_seconds": 60}
    if url is not None:
        database["url"] = url
    given: dict[str, Any] = {"carriers": [{"name": "sim", "simulated": {}}], "limits": [], **sms}
    return check({"apps": APPS, "database": database, "sms": given}, home)


def member(number: int) -> str:
    return f"+1555200{number:04}"


def text(
    to: str = member(1),
    body: str = "Hello",
    *,
    lane: Lane = Lane.LEADER,
    leader: str = "ada",
    ours: str = OURS,
    key: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A row of the queue."""
    now = datetime.now(UTC)
    row: dict[str, Any] = {
        "key": key or f"t{next(_keys)}",
        "direction": "out",
        "leader": leader,
        "member": to,
        "our_number": ours,
    }
    row |= {"lane": lane.value, "body": body, "state": "queued", "attempts": 0, "created_at": now, "changed_at": now}
    return row | {"due_at": None, "expires_at": None, **more}


def lead(conn: Connection, leader: str = "ada", ours: str = OURS, carrier: str = "sim") -> None:
    """A leader with a number."""
    now = datetime.now(UTC)
    if conn.execute(select(leaders.c.id).where(leaders.c.id == leader)).first() is None:
        conn.execute(insert(leaders).values(id=leader, name=leader, sign_up={}, created_at=now))
    conn.execute(insert(numbers).values(number=ours, type="e164", leader=leader, carrier=carrier, created_at=now))


def join(conn: Connection, number: str, state: str = "joined", leader: str = "ada", **more: Any) -> None:
    """A member of a leader."""
    now = datetime.now(UTC)
    row = {"leader": leader, "number": number, "our_number": OURS, "state": state, "answers": {}, "created_at": now}
    conn.execute(insert(members).values(row | more))


def eventually(look: Callable[[], T], wanted: Callable[[T], bool] = bool, seconds: float = 15.0) -> T:
    """The first answer that is as wanted; short looks until then."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not wanted(answer := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s; the last answer was {answer!r}"
        pause.wait(0.02)
    return answer


class World:
    """A running branch."""

    def __init__(self, run: Running, settings: Settings, arrived: Inbox) -> None:
        self.run, self.settings, self.arrived = run, settings, arrived
        self.database = Database(run.system)

    @property
    def network(self) -> Path:
        carrier = self.settings.section("sms").carriers[0]
        return Path(carrier.simulated.path(self.settings.home))

    def queue(self, *rows: dict[str, Any]) -> None:
        with self.database.begin() as conn:
            conn.execute(insert(texts), list(rows))

    def states(self) -> Counter[str]:
        with self.database.read() as conn:
            return Counter(dict(conn.execute(select(texts.c.state, func.count()).group_by(texts.c.state)).all()))

    def row(self, key: str) -> Any:
        with self.database.read() as conn:
            return conn.execute(select(texts).where(texts.c.key == key)).one()

    def parts(self, key: str) -> Sequence[Any]:
        with self.database.read() as conn:
            return conn.execute(select(parts).where(parts.c.text == key).order_by(parts.c.number)).all()

    def reached(self) -> list[phones.Segment]:
        """What the phones got, in order."""
        return phones.segments(self.network)

    def violations(self) -> int:
        return watcher.violations(self.network)

    @property
    def term(self) -> Term | None:
        """Of the authority, if it runs and holds the lease."""
        authority = self.actor(AUTHORITY)
        return None if authority is None else authority.term

    def actor(self, path: str) -> Any:
        return self.run.system.registry.running(path)


@contextmanager
def world(settings: Settings, *, own: bool = True) -> Iterator[World]:
    """The branch at work. With `own` a leader `ada` with a number."""
    arrived = Inbox()
    sms = Supervisor.spec(
        "sms", [ChildSpec(id="intake", actor=Probe, args=(arrived,)), outbound_spec(settings)], intensity=20
    )
    database = settings.app("database").load("supervisor")(settings)
    with running(database, sms, intensity=50) as run:
        run.wait_state("/database/pool", "running")
        here = World(run, settings, arrived)
        if own:
            with here.database.begin() as conn:
                lead(conn)
        yield here
