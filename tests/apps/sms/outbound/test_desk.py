"""What is to be done with a text whose turn it is."""

from datetime import timedelta
from typing import Any

from apps.sms.config import Sms
from apps.sms.outbound.desk import Decision, Desk, Keep, Postpone, Refuse, Send
from apps.sms.outbound.routing import Health
from apps.sms.states import Lane, TextState
from tests.apps.sms.outbound.test_parcel import NOW
from tests.apps.sms.outbound.test_pieces import text

CARRIERS = [
    {"name": "a", "simulated": {}, "serves": [{"country": "US"}]},
    {"name": "b", "simulated": {}, "serves": [{"country": "DE"}]},
]
UP = {"a": Health.UP, "b": Health.UP}
#: In New York it is ten in the evening then.
NIGHT = NOW + timedelta(hours=3)
HOURS = {"hours": {"start": "08:00", "end": "21:00"}}


def decide(health: dict[str, Health] = UP, outbound: dict[str, Any] | None = None, **more: Any) -> Decision:
    config = Sms.model_validate({"carriers": CARRIERS, "limits": [], "outbound": outbound or {}})
    desk = Desk(config.outbound, {carrier.name: carrier for carrier in config.carriers})
    return desk.decide(text("hi", **{"member": "+12025550123", **more}), health, NIGHT)


def test_it_is_routed_by_the_country_of_its_number_unless_more_is_known() -> None:
    sent = decide()
    assert isinstance(sent, Send) and sent.cut.carrier == "a"
    abroad = decide(country="DE")
    assert isinstance(abroad, Send) and abroad.cut.carrier == "b"
    assert decide({"a": Health.DOWN, "b": Health.UP}) == Keep(("a",))
    nowhere = decide(country="FR")
    assert isinstance(nowhere, Refuse) and nowhere.state is TextState.FAILED


def test_who_left_hears_the_confirmation_and_nothing_else() -> None:
    assert decide(left=True) == Refuse(TextState.SUPPRESSED, "the member opted out")
    assert isinstance(decide(left=True, lane=Lane.CONFIRMATION), Send)


def test_what_is_too_late_is_not_sent_and_carriers_are_told_how_long_they_have() -> None:
    assert decide(expires_at=NIGHT) == Refuse(TextState.SUPPRESSED, "too late")
    soon = decide(expires_at=NIGHT + timedelta(minutes=5))
    assert isinstance(soon, Send) and soon.cut.pieces[0].valid_seconds == 300.0


def test_broadcasts_and_no_others_wait_for_the_morning() -> None:
    late: dict[str, Any] = {"lane": Lane.BROADCAST, "zone": "America/New_York"}
    waits = decide(outbound=HOURS, **late)
    assert waits == Postpone(NOW + timedelta(hours=13), "quiet hours")
    assert isinstance(decide(outbound=HOURS, **{**late, "zone": "Asia/Tokyo"}), Send)
    assert isinstance(decide(outbound=HOURS, zone="America/New_York"), Send)
    assert isinstance(decide(outbound=HOURS, **late, expires_at=NIGHT + timedelta(hours=1)), Refuse)


def test_a_number_tells_its_zones_if_nobody_knows_better() -> None:
    assert isinstance(decide(outbound=HOURS, lane=Lane.BROADCAST), Postpone)


def test_what_cannot_be_cut_fails() -> None:
    assert isinstance(decide(our_number="+1"), Refuse)
