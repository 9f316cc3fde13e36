import pytest

from actors.carrier.errors import WrongNumber
from actors.carrier.party import party
from actors.carrier.port import NumberType


@pytest.mark.parametrize(
    ("value", "type"),
    [
        ("+14155550100", NumberType.E164),
        ("21212", NumberType.SHORT_CODE),
        ("Rookery", NumberType.ALPHANUMERIC),
        ("A1", NumberType.ALPHANUMERIC),
    ],
)
def test_numbers_short_codes_and_names_are_told_apart(value: str, type: NumberType) -> None:
    found = party(value)
    assert (found.type, found.value) == (type, value)


@pytest.mark.parametrize("value", ["", "+", "+0123456", "+1415555010012345", "12", "123456789", "a name too long", "ä"])
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(WrongNumber):
        party(value)
