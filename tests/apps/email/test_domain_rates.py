"""Bulk and transactional mail to one domain, on the rates they share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.database.config import DatabaseConfig, parse_url
from actors.database.engine import open_engine
from actors.database.migration.history import history_of
from actors.database.migration.run import migrate
from actors.pipeline.rates import tables
from apps.email.config import DomainLimit
from apps.email.domain_rates import SharedRates
from supervision.app import load_app
from tests.actors.pipeline.rates.things import Opened

LIMIT = DomainLimit(domain="mail.example", mails=20, seconds=1.0)


class Clock:
    """The database's own, turned by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_us = 1_000_000_000
        monkeypatch.setattr(tables, "now_us", lambda connection: self.now_us)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> Iterator[Opened]:
    engine = open_engine(parse_url(f"sqlite:///{tmp_path}/rates.sqlite"), DatabaseConfig())
    history = history_of(load_app("actors.pipeline.rates"))
    assert history is not None
    migrate(engine, [history])
    opened = Opened(engine)
    for bulk in (True, False):  # known from now on: a new limit begins as if it were used up
        SharedRates(opened, bulk=bulk).take(LIMIT, {"mail.example": [1]})
    clock.now_us += 60_000_000
    SharedRates(opened, bulk=True).take(LIMIT, {"mail.example": [1]})
    clock.now_us += 60_000_000
    yield opened
    engine.dispose()


def passed(database: Opened, mails: int, *, bulk: bool) -> tuple[int, float]:
    permits = SharedRates(database, bulk=bulk).take(LIMIT, {"mail.example": [1] * mails})
    return permits.passed.get("mail.example", 0), permits.wait_seconds.get("mail.example", 0.0)


def test_bulk_leaves_a_tenth_to_a_password_reset(database: Opened) -> None:
    went, wait = passed(database, 100, bulk=True)
    assert went == 18
    assert wait > 0
    assert passed(database, 5, bulk=False)[0] == 2


def test_what_is_transactional_may_have_all_of_it(database: Opened) -> None:
    assert passed(database, 100, bulk=False)[0] == 20
    went, wait = passed(database, 1, bulk=True)
    assert went == 0
    assert wait > 0


def test_both_together_never_exceed_the_limit(database: Opened) -> None:
    assert passed(database, 15, bulk=False)[0] == 15
    assert passed(database, 15, bulk=True)[0] == 5
