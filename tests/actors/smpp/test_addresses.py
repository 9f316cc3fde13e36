import pytest

from actors.carrier.port import NumberType, Party
from actors.smpp import addresses
from actors.smpp.errors import CannotSay
from tests.actors.smpp.wire import config

E164, SHORT, NAME = NumberType.E164, NumberType.SHORT_CODE, NumberType.ALPHANUMERIC


@pytest.mark.parametrize(
    ("party", "options", "said"),
    [
        (Party(E164, "+15551234567"), {}, (1, 1, "15551234567")),
        (Party(E164, "+15551234567"), {"plus": True}, (1, 1, "+15551234567")),
        (Party(SHORT, "12345"), {}, (3, 0, "12345")),
        (Party(SHORT, "12345"), {"plus": True}, (3, 0, "12345")),
        (Party(SHORT, "12345"), {"numbering": {"short-code": {"ton": 6, "npi": 1}}}, (6, 1, "12345")),
        (Party(NAME, "Rookery"), {}, (5, 0, "Rookery")),
    ],
)
def test_each_kind_has_its_numbering(party: Party, options: dict[str, object], said: tuple[int, int, str]) -> None:
    assert addresses.write(party, config(**options)) == said


@pytest.mark.parametrize(
    "party", [Party(E164, "+" + "1" * 16), Party(E164, "+1555-123"), Party(SHORT, ""), Party(SHORT, "٣٤٥"),
              Party(NAME, "Rookery Town"), Party(NAME, "Grüße"), Party(NAME, "")]
)  # fmt: skip
def test_what_is_no_address_is_not_said(party: Party) -> None:
    with pytest.raises(CannotSay):
        addresses.write(party, config())


@pytest.mark.parametrize(
    ("ton", "value", "options", "party"),
    [
        (1, "15551234567", {}, Party(E164, "+15551234567")),
        (0, "+15551234567", {}, Party(E164, "+15551234567")),
        (0, "15551234567", {}, Party(E164, "+15551234567")),
        (2, "01701234567", {"country_code": "49"}, Party(E164, "+491701234567")),
        (0, "12345", {}, Party(SHORT, "12345")),
        (3, "123456789", {}, Party(SHORT, "123456789")),
        (6, "12345", {}, Party(SHORT, "12345")),
        (5, "12345", {}, Party(NAME, "12345")),
        (0, "Bank", {}, Party(NAME, "Bank")),
        (1, "", {}, Party(NAME, "")),
    ],
)
def test_what_arrives_is_read_by_its_looks(ton: int, value: str, options: dict[str, object], party: Party) -> None:
    assert addresses.read(ton, value, config(**options)) == party
