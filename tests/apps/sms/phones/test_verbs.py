"""Phones without a running system: their network is a file."""

from pathlib import Path
from typing import Any

import pytest

from actors.carrier.errors import WrongNumber
from actors.carrier.port import Inbound
from actors.carrier.simulated import phones, watcher
from actors.carrier.simulated.network import opened
from actors.carrier.simulated.post import claim
from actors.carrier.simulated.watcher import StrictLimit
from apps.sms.phones.errors import NotSimulated
from apps.sms.phones.verbs import VERBS
from supervision import System
from supervision.config import check
from supervision.verbs import Site
from tests.actors.carrier.pieces import OURS, PHONE, piece

SIM = {"name": "sim", "simulated": {"file": "net.sqlite"}}
HTTP = {"name": "tw", "http": {"account": "AC1", "secret": "x", "callback_url": "https://example.org"}}


def ask(home: Path, verb: str, *carriers: dict[str, Any], **params: Any) -> Any:
    raw = {"apps": ["actors.database", "apps.sms"], "sms": {"carriers": list(carriers or (SIM,)), "limits": []}}
    system = System()
    try:
        return {one.name: one for one in VERBS}[verb](Site(system, check(raw, home, {})), params)
    finally:
        system.close()


def test_what_a_member_types_waits_for_the_carriers_link(tmp_path: Path) -> None:
    said = ask(tmp_path, "sms.phone.text", phone=PHONE, to=OURS, body="hello")
    with opened(tmp_path / "net.sqlite") as network, network.transaction() as connection:
        ((_, item),) = claim(connection, "sim", "/link", 1.0, 10)
    assert isinstance(item, Inbound) and (item.id, item.text) == (said["id"], "hello")
    assert said["carrier"] == "sim"


def test_a_phone_shows_what_it_got_and_what_is_new(tmp_path: Path) -> None:
    with opened(tmp_path / "net.sqlite") as network, network.transaction() as connection:
        for number, text in enumerate(("one", "two"), 1):
            phones.deliver(connection, "sim", [(piece(text, key=text), f"id{number}")], float(number))
    one, two = ask(tmp_path, "sms.phone", phone=PHONE)
    assert [(text["text"], text["from"], text["segments"], text["carrier"]) for text in (one, two)] == [
        ("one", OURS, 1, "sim"),
        ("two", OURS, 1, "sim"),
    ]
    assert ask(tmp_path, "sms.phone", phone=PHONE, after=one["id"]) == [two]
    assert ask(tmp_path, "sms.phones") == [PHONE]
    assert ask(tmp_path, "sms.phone", phone="+15550000") == []


def test_a_phone_is_opted_out_at_the_carrier_and_in_again(tmp_path: Path) -> None:
    for blocked in (True, False):
        assert ask(tmp_path, "sms.phone.block", phone=PHONE, number=OURS, blocked=blocked)["blocked"] is blocked
        with opened(tmp_path / "net.sqlite") as network, network.transaction() as connection:
            assert phones.is_blocked(connection, "sim", OURS, PHONE) is blocked


def test_what_the_carrier_counted_is_shown(tmp_path: Path) -> None:
    limit = StrictLimit(name="second", most=1, seconds=1.0)
    with opened(tmp_path / "net.sqlite") as network, network.transaction() as connection:
        for at in (5.0, 5.5):
            watcher.count(connection, "sim", [limit], piece(), at)
    (seen,) = ask(tmp_path, "sms.watched")
    assert (seen["carrier"], seen["limit"], seen["peak"], seen["violations"]) == ("sim", "second", 2, 1)


@pytest.mark.parametrize("carrier", ["tw", "nobody"])
def test_only_a_simulated_carrier_has_phones(tmp_path: Path, carrier: str) -> None:
    with pytest.raises(NotSimulated, match="there are: none"):
        ask(tmp_path, "sms.phone.text", HTTP, phone=PHONE, to=OURS, body="x", carrier=carrier)


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongNumber):
        ask(tmp_path, "sms.phone.text", phone="my own phone", to=OURS, body="x")
