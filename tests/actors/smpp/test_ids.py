import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.smpp import ids
from actors.smpp.config import ReceiptIds

numbers = st.integers(0, 2**64)
widths = st.sampled_from([0, 8, 10, 16])


@given(numbers, widths, widths, st.booleans())
def test_a_receipt_is_found_whatever_its_base_case_and_zeros(number: int, one: int, other: int, upper: bool) -> None:
    hexadecimal = f"{number:{'X' if upper else 'x'}}".rjust(one, "0")
    decimal = str(number).rjust(other, "0")
    assert set(ids.variants(hexadecimal)) & {str(number)}
    assert set(ids.variants(decimal)) & {f"{number:x}"}
    assert set(ids.variants(decimal)) & {f"{number:X}".rjust(8, "0")}


@given(st.text(max_size=65))
def test_an_id_is_its_own_first_variant_and_each_is_told_once(name: str) -> None:
    found = ids.variants(name)
    assert found[0] == name
    assert len(set(found)) == len(found)


@given(numbers, widths, st.booleans())
def test_hex_in_the_receipt_decimal_in_the_answer(number: int, width: int, upper: bool) -> None:
    mode = ReceiptIds.HEX_TO_DECIMAL
    receipt = f"{number:{'X' if upper else 'x'}}".rjust(width, "0")
    assert ids.receipted(receipt, mode) == ids.accepted(str(number).rjust(width, "0"), mode) == str(number)


@given(numbers, widths, st.booleans())
def test_decimal_in_the_receipt_hex_in_the_answer(number: int, width: int, upper: bool) -> None:
    mode = ReceiptIds.DECIMAL_TO_HEX
    answer = f"{number:{'X' if upper else 'x'}}".rjust(width, "0")
    assert ids.receipted(str(number).rjust(width, "0"), mode) == ids.accepted(answer, mode) == f"{number:x}"


@given(st.text(max_size=65), st.sampled_from([ReceiptIds.AS_IS, ReceiptIds.AUTO]))
def test_otherwise_nothing_is_changed(name: str, mode: ReceiptIds) -> None:
    assert ids.receipted(name, mode) == ids.accepted(name, mode) == name


@pytest.mark.parametrize("mode", list(ReceiptIds))
def test_names_that_are_no_numbers_stay(mode: ReceiptIds) -> None:
    assert ids.receipted("b7f0-x", mode) == ids.accepted("b7f0-x", mode) == "b7f0-x"
