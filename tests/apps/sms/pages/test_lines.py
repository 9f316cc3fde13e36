"""What the pages show is a function of what the verbs answer."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.broadcast.books import NAMES
from apps.sms.broadcast.segment import parse
from apps.sms.pages import lines
from apps.sms.pages.ordering import EXAMPLES
from apps.sms.pages.writing import size
from apps.sms.states import Lane, MemberState, TextState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (None, ""),
        ("2026-03-01T11:22:33.456+00:00", "11:22:33"),
        ("2026-03-01T13:22:33+02:00", "11:22:33"),
        ("2026-02-28T23:59:59+00:00", "2026-02-28 23:59"),
    ],
)
def test_moments_of_today_are_short(written: str | None, shown: str) -> None:
    assert lines.moment(written, NOW) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, ""), (-1, ""), (0.25, "0.2 s"), (90, "90 s"), (600, "10 min"), (9000, "2.5 h"), (200_000, "2 d")],
)
def test_spans(seconds: float, shown: str) -> None:
    assert lines.span(seconds) == shown


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_a_share_lies_between_nothing_and_all(part: float, whole: float) -> None:
    assert 0 <= lines.percent(part, whole) <= 100


@given(st.text())
def test_control_characters_are_seen_and_nothing_else_changes(text: str) -> None:
    shown = lines.readable(text)
    assert not any(ord(character) < 32 and character not in "\t\n" for character in shown)
    assert "\x7f" not in shown
    if not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
        assert shown == text


def test_links_hold_whatever_a_name_holds() -> None:
    assert lines.leader_link("a/b?c") == "/sms/leaders/a%2Fb%3Fc"
    assert lines.thread_link("ada", "+15550001000") == "/sms/leaders/ada/+15550001000"


def test_every_account_of_the_books_is_shown() -> None:
    assert set(lines.ACCOUNTS) == set(NAMES)


def test_every_lane_is_shown_in_the_order_in_which_texts_leave() -> None:
    assert list(lines.LANES) == [lane.value for lane in Lane]
    queue = [
        {"lane": "leader", "leader": "ada", "texts": 1200, "due": 2, "oldest_seconds": 3.0},
        {"lane": "leader", "leader": "bob", "texts": 1, "due": 0, "oldest_seconds": 200.0},
    ]
    summed = {one["lane"]: one for one in lines.lanes(queue)}
    assert summed["leader"] == {"lane": "leader", "texts": "1,201", "due": "2", "leaders": 2, "oldest": "3 min"}
    assert summed["broadcast"] == {"lane": "broadcast", "texts": "0", "due": "0", "leaders": 0, "oldest": ""}


def test_states_that_need_somebody_have_a_tone() -> None:
    for state in (TextState.UNDELIVERED, TextState.REJECTED, TextState.FAILED, TextState.EXPIRED):
        assert lines.tone(state.value) == "bad"
    assert lines.tone(TextState.IN_DOUBT.value) == "warn"
    assert lines.tone(MemberState.LEFT.value) == "idle"


def test_what_is_unread_comes_first_and_once() -> None:
    unread = [{"number": "1", "unread": 2}]
    latest = [{"number": "2", "unread": 0}, {"number": "1", "unread": 2}, {"number": "3", "unread": 1}]
    assert [one["number"] for one in lines.unread_first(unread, latest)] == ["1", "2"]


def test_characters_to_blame_stand_with_what_could_be_written() -> None:
    flips = {"template": {"texts": 3, "characters": [{"character": "’", "texts": 3, "instead": "'"}]}}  # noqa: RUF001
    flips["name"] = {"texts": 1, "characters": [{"character": "\u200b", "texts": 1, "instead": ""}]}
    flips["place"] = {"texts": 1, "characters": [{"character": "京", "texts": 1, "instead": None}]}
    shown = {one["field"]: one["characters"] for one in lines.culprits(flips)}
    assert shown == {"template": "’ → '", "name": "U+200B → nothing", "place": "京"}  # noqa: RUF001


@pytest.mark.parametrize(
    ("written", "said"), [("", None), (None, None), ("2026-03-01T12:30", "2026-03-01T12:30:00+00:00")]
)
def test_what_a_field_says_is_a_time_in_utc(written: str | None, said: str | None) -> None:
    assert lines.local_time(written) == said
    assert said is None or datetime.fromisoformat(said).tzinfo is not None


@pytest.mark.parametrize("written", [example for example, _ in EXAMPLES])
def test_the_examples_of_segments_are_segments(written: str) -> None:
    parse(json.loads(written))


@pytest.mark.parametrize(
    ("body", "said"),
    [("", ""), ("Hello", "GSM-7, 1 segment"), ("a" * 161, "GSM-7, 2 segments"), ("🐦", "UCS-2, 1 segment")],
)
def test_who_writes_sees_the_segments(body: str, said: str) -> None:
    assert size(body) == said
