"""Long windows survive their holder, on both databases: what was reserved counts, and only the holder reserves."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from actors.database.config import DatabaseConfig, parse_url
from actors.database.engine import open_engine
from actors.errors import Unavailable
from actors.lease import LeaseLost, claim
from actors.lease import tables as lease_tables
from actors.lease.watch import Watch
from apps.sms.limits import blocks as blocks_module
from apps.sms.limits.blocks import Blocks
from apps.sms.limits.books import Books
from apps.sms.limits.charge import Charge, Granted, Moment, NotBefore, Unreserved
from apps.sms.limits.limit import Calendar, Limit, Scope, Sliding
from apps.sms.tables import METADATA
from supervision.testing import FakeClock
from tests.actors.pipeline.rates.things import Opened

LEASE = "sms.outbound"
ONE = Charge((("carrier", "acme"),), 1)
DAY = Limit("day", Scope("carrier", "*"), 400, Calendar("UTC"))
HOURS = Limit("hours", Scope("carrier", "*"), 400, Sliding(7200.0))


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path) -> Iterator[Engine]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/limits.sqlite" if sqlite else str(request.getfixturevalue("postgres_url"))
    engine = open_engine(parse_url(url), DatabaseConfig())
    METADATA.create_all(engine)
    lease_tables.METADATA.create_all(engine)
    yield engine
    engine.dispose()


@dataclass
class Site:
    """A database whose clock is the test's, and one holder after the other."""

    database: Opened
    clock: FakeClock

    def __post_init__(self) -> None:
        self.take_over([DAY, HOURS])

    def take_over(self, limits: list[Limit]) -> None:
        with self.database.begin() as connection:
            released = connection.execute(lease_tables.read(LEASE)).one_or_none()
            if released is not None:
                claim.release(connection, LEASE, released.epoch)
            self.epoch = claim.take(connection, LEASE, "somebody", 10_000_000, Watch(), 0) or 0
        self.books = Books(limits, Moment.of(self.clock))
        self.blocks = Blocks(self.database, LEASE, self.clock)

    def hand_over(self, count: int) -> int:
        """How many of so many are granted."""
        granted = 0
        for _ in range(count):
            decision = self.books.decide(ONE, Moment.of(self.clock))
            if isinstance(decision, Unreserved):
                self.blocks.reserve(self.books, [*decision.wants, *self.books.wants()], self.epoch)
                decision = self.books.decide(ONE, Moment.of(self.clock))
            assert isinstance(decision, Granted | NotBefore)
            granted += isinstance(decision, Granted)
        return granted


@pytest.fixture
def site(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Site:
    clock = FakeClock(1_790_000_000.0)
    monkeypatch.setattr(blocks_module, "now_us", lambda connection: int(clock.monotonic() * 1e6))
    return Site(Opened(engine), clock)


def rows(site: Site) -> list[tuple[str, int, bool]]:
    with site.database.begin() as connection:
        found = connection.execute(METADATA.tables["sms_limit_blocks"].select()).all()
    return [(row.limit, row.reserved, row.closed) for row in sorted(found, key=lambda row: (row.limit, row.at_us))]


def test_what_a_dead_holder_reserved_counts_as_used(site: Site) -> None:
    assert site.hand_over(300) == 300
    site.clock.advance(10)
    site.take_over([DAY, HOURS])
    assert 98 <= site.hand_over(200) <= 100
    site.take_over([DAY, HOURS])
    assert site.hand_over(10) == 0


def test_a_crash_loses_less_than_a_block_and_an_orderly_stop_nothing(site: Site) -> None:
    assert site.hand_over(201) == 201
    assert sum(reserved for name, reserved, _ in rows(site) if name == "day") in (202, 203)
    site.blocks.give_back(site.books, site.epoch)
    assert sum(reserved for name, reserved, _ in rows(site) if name == "day") == 201
    assert sum(reserved for name, reserved, _ in rows(site) if name == "hours") == 201
    site.clock.advance(1)
    site.take_over([DAY, HOURS])
    assert site.hand_over(300) == 199


def test_blocks_of_a_sliding_window_grow_old_one_by_one(site: Site) -> None:
    site.take_over([HOURS])
    for _ in range(4):
        assert site.hand_over(100) == 100
        site.clock.advance(1000)
    site.take_over([HOURS])
    assert site.hand_over(200) == 0
    site.clock.advance(7200 - 4000 + 1 + 10)  # the first hundred is out of the window
    assert 98 <= site.hand_over(200) <= 101
    assert len(rows(site)) < 400


def test_a_time_before_the_machine_was_started_is_as_late_as_can_be(site: Site) -> None:
    site.take_over([HOURS])
    assert site.hand_over(400) == 400
    site.clock.advance(-1_780_000_000.0)
    site.take_over([HOURS])
    assert site.hand_over(100) == 0
    site.clock.advance(7202)
    assert site.hand_over(500) == 400


def test_a_holder_that_was_replaced_reserves_nothing(site: Site) -> None:
    old, epoch = site.books, site.epoch
    decision = old.decide(ONE, Moment.of(site.clock))
    assert isinstance(decision, Unreserved)
    site.take_over([DAY, HOURS])
    with pytest.raises(LeaseLost):
        site.blocks.reserve(old, decision.wants, epoch)
    with pytest.raises(LeaseLost):
        site.blocks.give_back(old, epoch)
    assert rows(site) == []


def test_a_database_that_is_away_grants_nothing(site: Site) -> None:
    class Away:
        def begin(self):
            raise Unavailable("the database", "here")

    decision = site.books.decide(ONE, Moment.of(site.clock))
    assert isinstance(decision, Unreserved)
    with pytest.raises(Unavailable):
        Blocks(Away(), LEASE, site.clock).reserve(site.books, decision.wants, site.epoch)
    assert isinstance(site.books.decide(ONE, Moment.of(site.clock)), Unreserved)


def test_a_limit_that_is_gone_by_then_reserves_nothing(site: Site) -> None:
    decision = site.books.decide(ONE, Moment.of(site.clock))
    assert isinstance(decision, Unreserved)
    site.books.change([HOURS], Moment.of(site.clock))
    site.blocks.reserve(site.books, decision.wants, site.epoch)
    assert [name for name, _, _ in rows(site)] == ["hours"]
    assert site.hand_over(10) == 10
