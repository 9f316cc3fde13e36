"""A mail's terms, asked right before it is made."""

from datetime import datetime

import pytest

from apps.email.rulebook.terms import NO_TERMS, Skip, Terms, Wait, judge
from apps.email.trace import Trace


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


NIGHT, NINE = moment("2026-11-22T03:00+01:00"), moment("2026-11-22T09:00+01:00")
HOURS = Terms(opens="09:00", closes="20:00", zone="Europe/Berlin")


def test_without_terms_nothing_is_asked() -> None:
    assert judge(NO_TERMS, "Asia/Tokyo", NIGHT, Trace()) == (None, Trace())


def test_terms_travel_with_what_they_say_and_no_more() -> None:
    assert NO_TERMS.to_dict() == {}
    terms = Terms(outside="x", cap=2, cap_seconds=60.0, opens="09:00", closes="20:00", zone="Asia/Tokyo")
    assert Terms.of(terms.to_dict()) == terms


def test_out_of_hours_it_waits_in_the_persons_zone_or_the_rules() -> None:
    ruling, trace = judge(HOURS, None, NIGHT, Trace())
    assert ruling == Wait(NINE, "waits for 2026-11-22T09:00+01:00")
    assert trace.steps[-1]["known"] is False
    assert judge(HOURS, "Asia/Tokyo", NIGHT, Trace())[0] is None  # 11:00 there


def test_what_is_outside_of_the_rollout_is_skipped_before_anything_else() -> None:
    assert judge(Terms(outside="far", expires_at=0.0), None, NIGHT, Trace())[0] == Skip("rollout: far")


@pytest.mark.parametrize(
    ("expires", "words"),
    [("2026-11-22T02:59+01:00", "it expired at"), ("2026-11-22T08:59+01:00", "its hours begin at")],
)
def test_too_late_now_or_when_its_hours_begin(expires: str, words: str) -> None:
    terms = Terms(opens="09:00", closes="20:00", zone="Europe/Berlin", expires_at=moment(expires))
    ruling, _ = judge(terms, None, NIGHT, Trace())
    assert isinstance(ruling, Skip) and ruling.reason.startswith("too late") and words in ruling.reason
