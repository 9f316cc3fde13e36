"""The rules in force: looked up every second, and while the database is away as they were."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from actors.database import Unavailable
from apps.email.rulebook.book import LOOK_SECONDS, BadRule, Book, history, latest, write
from supervision import RestartChild, TerminateChild
from supervision.testing import FakeClock
from tests.apps.email.deciding import Desk

RULE: dict[str, object] = {"event": "e", "template": "password_reset", "class": "bulk"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book(still: Desk, clock: FakeClock) -> Book:
    return Book(still.settings.section("email"), still.database, clock)


def change(still: Desk, rule: dict[str, object] | None, name: str = "r") -> None:
    with still.database.begin() as conn:
        write(conn, name, rule, "ada", "", 0.0)


def test_a_change_is_in_force_within_a_second_and_not_looked_for_more_often(
    still: Desk, book: Book, clock: FakeClock
) -> None:
    assert book.today() is book.config
    change(still, RULE)
    assert book.today() is book.config
    clock.advance(LOOK_SECONDS)
    assert list(book.today().rules_for("e")) == ["r"]
    assert "password_reset" in book.today().rules
    change(still, None)
    clock.advance(LOOK_SECONDS)
    assert book.today().rules == book.config.rules


def test_while_the_database_is_away_the_last_known_rules_are_there_for_whoever_may_use_them(
    still: Desk, book: Book, clock: FakeClock
) -> None:
    change(still, RULE)
    book.today()
    still.tree.system.address("/database").call(TerminateChild("pool"))
    clock.advance(LOOK_SECONDS)
    with pytest.raises(Unavailable):
        book.today()
    assert "r" in book.last_known().rules
    change_after = {**RULE, "event": "f"}
    still.tree.system.address("/database").call(RestartChild("pool"))
    still.tree.wait_state("/database/pool", "running")
    change(still, change_after)
    assert list(book.today().rules_for("f")) == ["r"]


def test_a_rule_that_is_none_any_more_stops_decisions_instead_of_being_left_out(still: Desk, book: Book) -> None:
    change(still, {**RULE, "template": "gone"})
    with pytest.raises(BadRule, match="gone"):
        book.today()


def test_versions_that_are_written_at_the_same_time_are_all_kept(still: Desk) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: change(still, RULE), range(16)))
    with still.database.read() as conn:
        assert [one.version for one in history(conn, "r")] == list(range(16, 0, -1))
        assert [(one.name, one.version) for one in latest(conn)] == [("r", 16)]
