"""What the outbox lists and how it is found; the pages themselves are looked at in tests/browser."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.smtp.mta.store import Incoming, Store, Summary, store_path
from apps.email import browse
from apps.email.mail_page import find
from apps.email.pages import TONES, line, link, moment
from apps.email.states import State
from supervision.config import check
from supervision.system import System
from supervision.verbs import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A home with 120 mails and no database that runs."""
    store = Store(store_path(tmp_path), durable=False)
    store.add([incoming(number) for number in range(1, 121)])
    store.close()
    return Site(System(), check({"apps": []}, tmp_path, {}))


def incoming(number: int) -> Incoming:
    head = f"Message-ID: <k{number}@example.org>\r\nSubject: Update {number}\r\n\r\nhello"
    return Incoming(1000.0 + number, "news@example.org", (f"Person{number}@example.org",), head.encode())


def numbers(listing: browse.Listing) -> list[int]:
    return [item.mail.id for item in listing.items]


def test_the_newest_first_page_by_page_and_none_twice(site: Site) -> None:
    first = browse.listing(site)
    second = browse.listing(site, before=first.items[-1].mail.id)
    third = browse.listing(site, before=second.items[-1].mail.id)
    assert numbers(first) + numbers(second) + numbers(third) == list(range(120, 0, -1))
    assert (first.more, second.more, third.more) == (True, True, False)
    assert first.total == 120


@pytest.mark.parametrize("needle", ["person7@", "UPDATE 7\n", "<k7@example", "  update 7\n "])
def test_a_search_looks_at_addresses_subject_and_message_id(site: Site, needle: str) -> None:
    assert 7 in numbers(browse.listing(site, needle))


def test_a_search_pages_through_what_it_finds(site: Site) -> None:
    first = browse.listing(site, "update 1", limit=10)
    assert numbers(first) == list(range(120, 110, -1))
    assert first.more
    rest = browse.listing(site, "update 1", before=111, limit=100)
    assert numbers(rest) == [*range(110, 99, -1), *range(19, 9, -1), 1]
    assert not rest.more


def test_nothing_found(site: Site) -> None:
    assert browse.listing(site, "nobody") == browse.Listing((), more=False, total=120)


def test_an_outbox_without_a_file_is_empty(tmp_path: Path) -> None:
    empty = Site(System(), check({"apps": []}, tmp_path, {}))
    assert browse.listing(empty) == browse.Listing((), more=False, total=0)


def test_a_mail_is_shown_without_its_decision_while_the_database_is_down(site: Site) -> None:
    found = find(site, 7)
    assert found.entry is None
    assert found.mail.header("Subject") == "Update 7"


def test_a_line_of_a_mail_that_is_not_ours() -> None:
    mail = Summary(3, 0.0, "a@example.org", ("b@example.org", "c@example.org"), "", 10, "")
    assert line(browse.Item(mail, None)) == {
        "number": 3,
        "time": "1970-01-01 00:00:00",
        "to": "b@example.org, c@example.org",
        "subject": "(no subject)",
        "locale": "",
        "state": "",
        "tone": "idle",
        "doubted": False,
    }


def test_every_state_has_a_tone() -> None:
    assert set(TONES) == set(State)


def test_moments_are_in_utc() -> None:
    assert moment(datetime(2026, 11, 22, 5, 31, 7, tzinfo=UTC).timestamp()) == "2026-11-22 05:31:07"


@pytest.mark.parametrize(
    ("needle", "before", "expected"),
    [
        ("", None, "/outbox"),
        ("", 7, "/outbox?before=7"),
        ("a b&c", None, "/outbox?q=a+b%26c"),
        ("ü", 7, "/outbox?q=%C3%BC&before=7"),
    ],
)
def test_links(needle: str, before: int | None, expected: str) -> None:
    assert link(needle, before) == expected
