"""The pool actor: it owns the engine, watches the database, and ends when the database is broken.

Its own thread only starts, checks and stops; callers take connections through its `gate` in their own threads (see
`access`). When it ends, for whatever reason, the gate closes and all connections are cut, so nobody waits for a
database that is gone. Its supervisor starts it again, with backoff.

Not guaranteed: a frozen server is noticed only by the next check, `health_interval_seconds + health_timeout_seconds`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.engine import URL, Engine

from actors.database.config import DatabaseConfig
from actors.database.engine import hosts_of, open_engine
from actors.database.gate import Gate
from actors.database.health import Health, deadline, explained
from actors.database.migration.prepare import prepare
from supervision import Actor, Backoff, ChildSpec, Supervisor
from supervision.config import Settings
from supervision.reasons import Reason

#: Where the one pool of a root lives.
PATH = "/database/pool"

#: Seconds for connecting, waiting for other roots that migrate, and migrating. `rookery database migrate` has no limit.
START_SECONDS = 20.0

#: What is done with a database before anybody may use it; many roots may do it at once.
Preparation = Callable[[Engine], object]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A caller lost its connection; `why` in the driver's words. Sent by cast: look now, not at the next tick."""

    why: str


@dataclass(frozen=True, slots=True)
class Tick:
    """Time for the next check."""


class Pool(Actor):
    """The owner of one database's connections."""

    def __init__(self, url: URL, config: DatabaseConfig, prepare: Preparation | None = None) -> None:
        super().__init__()
        self.url = url
        self.config = config
        #: Any thread may read it: None until the database is known to work.
        self.gate: Gate | None = None
        self._prepare = prepare
        self._start_seconds = START_SECONDS + _connect_seconds(url, config)
        self._gates: list[Gate] = []

    def on_start(self) -> None:
        clock = self.context.system.clock
        self._health = Health(self.url, self.config, clock)
        gate = Gate(open_engine(self.url, self.config), self.config.pool_size, self.config.reserved)
        self._gates = [gate, self._health.gate]
        self.on_break(self._cut)
        with explained(self.url), deadline(clock, self._start_seconds, gate.cut):
            if self._prepare is not None:
                self._prepare(gate.engine)
        self._health.check()
        self.gate = gate
        self._schedule()

    def on_receive(self, message: Any) -> None:
        match message:
            case Tick():
                self._health.check()
                self._schedule()
            case Suspect():
                self._look_again()
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        self.gate = None
        for gate in self._gates:
            gate.close(str(reason))

    def _look_again(self) -> None:
        if self.gate is not None:
            self.gate.suspected = False
        self._health.check()

    def _schedule(self) -> None:
        self.send_after(self.config.health_interval_seconds, Tick())

    def _cut(self) -> None:
        for gate in self._gates:
            gate.cut("it did not stop in time")


def supervisor(settings: Settings) -> ChildSpec:
    """The child spec of `/database`."""
    config: DatabaseConfig = settings.section("database")
    return pool_supervisor(config.resolved(settings.home), config, partial(prepare, settings))


def pool_supervisor(
    url: URL, config: DatabaseConfig, prepare: Preparation | None = None, id: str = "database"
) -> ChildSpec:
    """A supervisor with one pool, for roots and tests.

    The backoff makes four restarts take longer than the intensity's period, so a database that is down for hours never
    costs the root its life.
    """
    pool = ChildSpec(
        id="pool",
        actor=Pool,
        args=(url, config, prepare),
        start="eventual",
        start_timeout=START_SECONDS + config.health_timeout_seconds + 3 * _connect_seconds(url, config),
        shutdown=5.0,
        backoff=Backoff(min_seconds=0.25, max_seconds=15.0, immediate=0),
    )
    return Supervisor.spec(id, [pool], intensity=20, period=10.0)


def _connect_seconds(url: URL, config: DatabaseConfig) -> float:
    return float(config.connect_timeout_seconds * hosts_of(url))
