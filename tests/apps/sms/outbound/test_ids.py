"""The names of pieces, as receipts write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.outbound.ids import variants


@pytest.mark.parametrize(
    ("answered", "receipt"),
    [
        ("SM1a2B", "SM1a2B"),
        ("sim-1-ab", "SIM-1-AB"),
        ("bc614e", "12345678"),
        ("BC614E", "12345678"),
        ("00BC614E", "12345678"),
        ("12345678", "bc614e"),
        ("12345678", "00BC614E"),
        ("7b", "0000007B"),
        ("123", "0000000123"),
    ],
)
def test_one_finds_the_other(answered: str, receipt: str) -> None:
    assert answered in variants(receipt)


@given(st.integers(0, 2**63))
def test_decimal_and_hexadecimal_find_each_other(number: int) -> None:
    assert str(number) in variants(f"{number:x}") and f"{number:x}" in variants(str(number))


@given(st.text(min_size=1, max_size=64).filter(lambda text: bool(text.strip())))
def test_as_it_was_written_comes_first_and_nothing_is_empty(written: str) -> None:
    found = variants(written)
    assert found[0] == written.strip() and all(found)
