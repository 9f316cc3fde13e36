"""`--size` texts (100,000) in the queue of PostgreSQL, handed over by one process: how many segments a second.

Three runs, each with a database of its own. Without limits, over `CARRIERS` simulated carriers: `segments_per_s`. With
a limit per carrier that is well below that: `utilisation_min` is the part of its limit that the least used carrier got,
`violations` the segments that were too many; both are counted by the carriers, in the whole windows since the first
segment. And over one bind with a window of `WINDOW` to the SMSC of npm's `smpp`: `smpp_segments_per_s`; the bind alone,
without queue and limits, does `smpp_link_segments_per_s`.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from actors.carrier.simulated import watcher
from actors.carrier.simulated.network import read
from actors.database import Database
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.outbound.spec import outbound_spec
from apps.sms.states import Lane
from apps.sms.tables import leaders, numbers
from benchmarks.mail_site import TURN_SECONDS, database
from benchmarks.outcome import Options, Outcome
from benchmarks.smpp_link import loopback
from supervision import Actor, ChildSpec, Supervisor, System, launch
from supervision.config import Settings, check
from supervision.reasons import SHUTDOWN
from tests.servers.smsc import own_smsc

TEXTS, CARRIERS, WINDOW = 100_000, 4, 50
#: Of the limited run: segments per carrier and window. Its size makes it last for a number of windows.
LIMIT, WINDOW_SECONDS, WINDOWS = 1_000, 10.0, 5
LIST, PATIENCE_SECONDS = 5_000, 900.0
APPS = ["actors.database", "actors.broker", "actors.lease", "apps.people", "apps.sms"]
BODY = "Thank you for standing up for what is right: with you, we are many more. Number "
DONE = (
    "SELECT count(*), count(*) FILTER (WHERE state = 'handed') FROM sms_texts WHERE state NOT IN ('queued', 'claimed')"
)
SPAN = "SELECT extract(epoch FROM max(handed_at) - min(handed_at))::float8 FROM sms_texts"


class NoIntake(Actor):
    """Receipts are not what is measured."""


def run(options: Options) -> Outcome:
    count = options.size or TEXTS
    free = [_simulated(number, None) for number in range(CARRIERS)]
    results = {"segments_per_s": _measure(count, free, []).rate}
    results |= _limited(min(count, WINDOWS * CARRIERS * LIMIT))
    results["smpp_segments_per_s"] = _smpp(max(1, count // 5))
    link = loopback(max(1, count // 5), WINDOW)
    results["smpp_link_segments_per_s"] = link.segments / link.seconds
    return Outcome(results, {})


class Measured:
    """One run: segments per second, and the carriers' own counts."""

    def __init__(self, rate: float, arrivals: dict[str, list[float]], violations: int) -> None:
        self.rate, self.arrivals, self.violations = rate, arrivals, violations


def _limited(count: int) -> dict[str, float]:
    carriers = [_simulated(number, LIMIT) for number in range(CARRIERS)]
    limits = [{"name": "partner", "scope": ["carrier", "*"], "amount": LIMIT, "seconds": WINDOW_SECONDS}]
    measured = _measure(count, carriers, limits)
    used = [_utilisation(arrivals) for arrivals in measured.arrivals.values()]
    return {"utilisation_min": min(used), "violations": float(measured.violations)}


def _utilisation(arrivals: Sequence[float]) -> float:
    """Of the limit, in the whole windows since the first arrival; none when there is not even one."""
    if not arrivals:
        return 0.0
    whole = int((arrivals[-1] - arrivals[0]) / WINDOW_SECONDS)
    end = arrivals[0] + whole * WINDOW_SECONDS
    return sum(at < end for at in arrivals) / (whole * LIMIT) if whole else 0.0


def _smpp(count: int) -> float:
    with own_smsc() as smsc:
        smsc.behave(quiet=True)
        bind = {"hosts": [smsc.place], "system_id": "bench", "password": "secret", "window": WINDOW}
        return _measure(count, [{"name": "c0", "smpp": bind, "receipts": False}], []).rate


def _simulated(number: int, limit: int | None) -> dict[str, Any]:
    strict = [] if limit is None else [{"name": "partner", "most": limit, "seconds": WINDOW_SECONDS}]
    simulated = {"file": f"c{number}.sqlite", "window": WINDOW, "limits": strict, "behaviour": [{"receipts": "never"}]}
    return {"name": f"c{number}", "simulated": simulated}


def _measure(count: int, carriers: list[dict[str, Any]], limits: list[dict[str, Any]]) -> Measured:
    with tempfile.TemporaryDirectory(prefix="rookery-bench-") as folder, database() as url:
        home, names = Path(folder), [carrier["name"] for carrier in carriers]
        sms = {"carriers": carriers, "limits": limits}
        settings = check({"apps": APPS, "database": {"url": url}, "sms": sms}, home)
        with _running(settings, "database") as system:
            _fill(Database(system), count, names)
        with (
            _running(settings, "database", "sms"),
            psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as sql,
        ):
            sql.execute("VACUUM ANALYZE sms_texts")
            _await(sql, count)
            row = sql.execute(SPAN).fetchone()
        assert row is not None
        files = {name: home / f"{name}.sqlite" for name in names}
        arrivals = {
            name: [at for (at,) in read(file, "SELECT at FROM received ORDER BY at")] for name, file in files.items()
        }
        # A few texts leave in one batch, all at the same moment.
        return Measured(count / max(row[0], TURN_SECONDS), arrivals, sum(map(watcher.violations, files.values())))


@contextmanager
def _running(settings: Settings, *parts: str) -> Iterator[System]:
    system = System()
    children = [settings.app("database").load("supervisor")(settings)]
    if "sms" in parts:
        branch = [ChildSpec(id="intake", actor=NoIntake), outbound_spec(settings)]
        children.append(Supervisor.spec("sms", branch))
    root = launch(system, Supervisor.spec("root", children))
    try:
        root.wait_started(60.0)
        _await_pool(system)
        yield system
    finally:
        root.stop(SHUTDOWN)
        root.wait(60.0)
        system.close()


def _await_pool(system: System) -> None:
    deadline = time.monotonic() + 60.0
    while (row := system.tree.get("/database/pool")) is None or row.state != "running":
        if time.monotonic() > deadline:
            raise SystemExit("the database is not there: run `make services`")
        time.sleep(TURN_SECONDS)


def _fill(database: Database, count: int, carriers: Sequence[str]) -> None:
    now = datetime.now(UTC)
    with database.begin() as conn:
        for place, name in enumerate(carriers):
            conn.execute(leaders.insert().values(id=name, name=name, sign_up={}, created_at=now))
            row = {"number": _number(place), "type": "e164", "leader": name, "carrier": name, "created_at": now}
            conn.execute(numbers.insert().values(row))
    for start in range(0, count, LIST):
        some = [_text(place, carriers) for place in range(start, min(start + LIST, count))]
        with database.begin() as conn:
            queue(conn, some, now)


def _text(place: int, carriers: Sequence[str]) -> Outgoing:
    turn = place % len(carriers)
    member = f"+1555{place:07}"
    return Outgoing(f"bench:{place}", carriers[turn], member, _number(turn), Lane.BROADCAST, f"{BODY}{place}.")


def _number(place: int) -> str:
    return f"+1555900{place:04}"


def _await(sql: psycopg.Connection[tuple[Any, ...]], count: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (row := sql.execute(DONE).fetchone()) != (count, count):
        if time.monotonic() > deadline or (row is not None and row[0] >= count):
            raise SystemExit(f"{row} of {count} texts are done, and handed over")
        time.sleep(10 * TURN_SECONDS)
