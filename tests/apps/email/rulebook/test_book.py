"""The rules in force: those of the last commit, and while the database is away as they were."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from actors.database import Unavailable
from apps.email.rulebook.book import BadRule, Book, history, latest, write
from supervision import RestartChild, TerminateChild
from tests.apps.email.deciding import Desk

RULE: dict[str, object] = {"event": "e", "template": "password_reset", "class": "bulk"}


@pytest.fixture
def book(still: Desk) -> Book:
    return Book(still.settings.section("email"), still.database)


def change(still: Desk, rule: dict[str, object] | None, name: str = "r") -> None:
    with still.database.begin() as conn:
        write(conn, name, rule, "ada", "", 0.0)


def test_a_change_is_in_force_at_once_and_read_once(still: Desk, book: Book) -> None:
    assert book.today() is book.config
    change(still, RULE)
    changed = book.today()
    assert list(changed.rules_for("e")) == ["r"]
    assert "password_reset" in changed.rules
    assert book.today() is changed
    change(still, None)
    assert book.today().rules == book.config.rules


def test_while_the_database_is_away_the_last_known_rules_are_there_for_whoever_may_use_them(
    still: Desk, book: Book
) -> None:
    change(still, RULE)
    book.today()
    still.tree.system.address("/database").call(TerminateChild("pool"))
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
