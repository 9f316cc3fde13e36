"""`sms.carriers`, `sms.limits` and `sms.outbound`."""

from typing import Any

import pytest
from pydantic import ValidationError

from actors.gsm import Language
from apps.sms.config import Sms
from apps.sms.limits import Calendar, Scope, Sliding, Unit
from apps.sms.outbound.config import Carrier, LimitSection
from apps.sms.outbound.routing import Destinations

SMPP = {"hosts": ["smsc.example:2775"], "system_id": "x"}


def carrier(**more: Any) -> Carrier:
    return Carrier.model_validate({"name": "c", "simulated": {}, **more})


def limit(**more: Any) -> LimitSection:
    return LimitSection.model_validate({"name": "l", "scope": ["carrier", "c"], "amount": 5, **more})


def test_a_carrier_is_spoken_with_in_one_way() -> None:
    for wrong in ({}, {"simulated": {}, "smpp": SMPP}):
        with pytest.raises(ValidationError, match="one of simulated, smpp and http"):
            Carrier.model_validate({"name": "c", **wrong})
    assert carrier().sends and not carrier().whole


def test_who_splits_a_text_and_who_only_listens_is_seen_from_the_bind() -> None:
    listening = Carrier.model_validate({"name": "c", "smpp": {**SMPP, "bind": "receiver"}})
    assert not listening.sends
    assert Carrier.model_validate({"name": "c", "smpp": {**SMPP, "long_texts": "payload"}}).whole


def test_national_tables_go_by_their_names() -> None:
    assert carrier(languages=["turkish"]).policy.languages == (Language.TURKISH,)
    with pytest.raises(ValidationError, match="no national table 'klingon'"):
        carrier(languages=["klingon"])


def test_where_it_reaches() -> None:
    one = carrier(serves=[{"prefix": "+49", "cost": 2}, {"country": "US"}], failover="never").serving
    assert one.serves == (Destinations("+49", None, 2.0), Destinations("", "US", 0.0)) and one.failover == "never"


def test_a_limit_slides_or_follows_a_calendar() -> None:
    sliding = limit(seconds=1.5, unit="messages").limit
    assert (sliding.per, sliding.scope, sliding.unit) == (Sliding(1.5), Scope("carrier", "c"), Unit.MESSAGES)
    assert limit(period="day", zone="America/Los_Angeles").limit.per == Calendar("America/Los_Angeles", "day")
    for wrong in ({}, {"seconds": 1.0, "period": "day"}):
        with pytest.raises(ValidationError, match="either seconds or period"):
            limit(**wrong)
    with pytest.raises(ValidationError, match="no time zone"):
        limit(period="day", zone="Nowhere/Else")


def test_names_are_unique() -> None:
    with pytest.raises(ValidationError, match="same name"):
        Sms.model_validate({"carriers": [{"name": "c", "simulated": {}}] * 2})
    with pytest.raises(ValidationError, match="same name"):
        Sms.model_validate({"limits": [{"name": "l", "scope": ["number", "*"], "amount": 1, "seconds": 1}] * 2})


@pytest.mark.parametrize("hours", [{"start": "21:00", "end": "08:00"}, {"zone": "Nowhere/Else"}])
def test_hours_are_a_part_of_a_day_of_a_known_zone(hours: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Sms.model_validate({"outbound": {"hours": hours}})


@pytest.mark.parametrize("scope", [["carier", "c"], ["brand", "c"], ["number", "*", "*"], ["carrier"]])
def test_a_scope_that_no_text_is_charged_to_is_refused(scope: list[str]) -> None:
    with pytest.raises(ValidationError, match="scope"):
        limit(scope=scope, seconds=1.0)
    assert limit(scope=["brand", "*", "*"], seconds=1.0)


def test_numbers_are_read_by_a_country_that_has_some() -> None:
    with pytest.raises(ValidationError, match="no country 'XX'"):
        Sms.model_validate({"default_region": "XX"})
