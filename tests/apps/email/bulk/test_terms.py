from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.email.bulk.terms import SendTerms
from apps.email.campaign.mails import Claim
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState
from apps.people.recipient import Recipient

NIGHT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADA = Recipient("ada", "ada@example.org", "ada@example.org", "Ada", "en-GB", "Europe/London", {})
HOURS = {"opens": "09:00", "closes": "20:00", "zone": "UTC"}


def claim(terms: dict[str, Any], to: Recipient = ADA) -> Claim | None:
    send = Send(
        **{name: None for name in Send.__dataclass_fields__ if name not in ("rule", "terms")},  # type: ignore[arg-type]
        rule="spring",
        terms=terms,
    )
    return SendTerms(send).claim(to, NIGHT.timestamp())


def test_a_rule_that_says_nothing_holds_nobody() -> None:
    assert claim({}) is None


def test_at_night_a_mail_waits_for_the_morning_of_the_person() -> None:
    held = claim(HOURS)
    assert held is not None
    assert (held.state, held.due_at) == (MailState.DEFERRED, MORNING)
    assert claim(HOURS, replace(ADA, time_zone="America/Chicago")) is None


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"expires_at": NIGHT.timestamp()}, "too late"),
        ({**HOURS, "expires_at": MORNING.timestamp()}, "too late"),
        ({"rollout": {"share": 0.0}}, "rollout: outside of the share"),
    ],
    ids=str,
)
def test_whoever_is_never_to_get_it_is_skipped_with_the_reason(terms: dict[str, Any], why: str) -> None:
    held = claim(terms)
    assert held is not None
    assert held.state is MailState.SKIPPED
    assert (held.reason or "").startswith(why)


def test_whoever_is_on_the_list_gets_it_all_the_same() -> None:
    assert claim({"rollout": {"share": 0.0, "shadow": True, "allow": ["@example.org"]}}) is None
