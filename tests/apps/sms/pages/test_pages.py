"""What single pages make of the verbs' answers, as values."""

from pathlib import Path
from typing import Any

import pytest

from apps.sms.config import Sms
from apps.sms.pages.carriers_page import fault_of, limits_of
from apps.sms.pages.inbox_page import link
from apps.sms.pages.menu import pages
from apps.sms.pages.thread_page import known
from supervision import System
from supervision.config import check
from supervision.verbs import Site

MEMBER: dict[str, Any] = {
    **dict.fromkeys(("our_number", "country", "locale", "time_zone", "born", "person", "asked"), None),
    **dict.fromkeys(("created_at", "joined_at", "left_at", "last_active_at"), None),
    "number": "+1",
    "place": "Leeds",
    "name": "Ada",
}


@pytest.mark.parametrize(
    ("seconds_ago", "said"),
    [
        (None, "nobody has handed texts over yet"),
        (1.0, ""),
        (90.0, "nobody hands texts over: the last report is 90 s old"),
    ],
)
def test_an_old_report_is_told(seconds_ago: float | None, said: str) -> None:
    assert fault_of([{"reported_seconds_ago": seconds_ago}]) == said


def test_limits_that_nothing_was_charged_to_are_shown_too() -> None:
    charged = {"limit": "number", "key": ["number", "+1"], "used": 2, "amount": 2, "free_in": 0.5, "waits": 3}
    shown = limits_of(Sms.model_validate({}), [{**charged, "reported_seconds_ago": 0.3}])
    assert shown[0] == charged
    assert [(one["limit"], one["key"], one["used"]) for one in shown[1:]] == [("partner", ["carrier", "sim"], 0)]


def test_an_answer_that_is_a_column_already_stands_there_once() -> None:
    answers = {"name": "Ada", "place": "Leeds", "bird": "wren", "born": 1990}
    told = [pair for pair in known({**MEMBER, "answers": answers}) if pair[1]]
    assert told == [("number", "+1"), ("place", "Leeds"), ("bird", "wren"), ("born", "1990")]


def test_one_letter_is_no_search() -> None:
    assert link("ada", "x") == "/sms/leaders/ada"
    assert link("ada", "to & fro") == "/sms/leaders/ada?q=to+%26+fro"


def test_three_pages_stand_in_the_menu(tmp_path: Path) -> None:
    site = Site(System(), check({"apps": ["apps.sms"]}, tmp_path, {}))
    assert [page.title for page in pages(site) if page.in_menu] == ["Texts", "Broadcasts", "Carriers"]
