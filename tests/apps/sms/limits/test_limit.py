"""A limit that means nothing is refused with the field that is wrong."""

from typing import Any, cast

import pytest

from apps.sms.limits.errors import WrongLimit
from apps.sms.limits.limit import Calendar, Limit, Scope, Sliding

CARRIER = Scope("carrier", "*")


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: Limit("", CARRIER, 1, Sliding(1)), "name"),
        (lambda: Limit("a", Scope(), 1, Sliding(1)), "scope"),
        (lambda: Limit("a", CARRIER, 0, Sliding(1)), "amount"),
        (lambda: Limit("a", CARRIER, 1, Sliding(0)), "per"),
        (lambda: Limit("a", CARRIER, 1, Sliding(1), slack_seconds=-0.1), "slack_seconds"),
        (lambda: Limit("a", CARRIER, 5, Sliding(1), burst=6), "burst"),
        (lambda: Limit("a", CARRIER, 5, Calendar("UTC"), burst=1), "burst"),
        (lambda: Limit("a", CARRIER, 5, Calendar("Moon/Crater")), "per"),
        (lambda: Limit("a", CARRIER, 5, Calendar("UTC", cast(Any, "week"))), "per"),
    ],
)
def test_what_is_wrong_is_named(build, field: str) -> None:
    with pytest.raises(WrongLimit) as refused:
        build()
    assert refused.value.field == field


def test_scopes() -> None:
    assert Scope("number", "*").matches(("number", "+1"))
    assert Scope("brand-day", "acme", "*").matches(("brand-day", "acme", "b"))
    assert not Scope("brand-day", "acme", "*").matches(("brand-day", "other", "b"))
    assert not Scope("number", "*").matches(("number", "+1", "x"))


@pytest.mark.parametrize(
    ("seconds", "slack_us"), [(0.01, 1_000), (1.0, 10_000), (60.0, 600_000), (86_400.0, 1_000_000)]
)
def test_slack_is_one_per_cent_and_no_more_than_a_second(seconds: float, slack_us: int) -> None:
    assert Limit("a", CARRIER, 1, Sliding(seconds)).slack_us == slack_us


def test_what_is_longer_than_a_minute_is_reserved_before_it_is_used() -> None:
    assert not Limit("a", CARRIER, 1, Sliding(60.0)).durable
    assert Limit("a", CARRIER, 1, Sliding(60.1)).durable
    assert Limit("a", CARRIER, 1, Calendar("UTC", "hour")).durable
