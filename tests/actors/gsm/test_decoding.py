"""Octets read by data_coding, as SMPP and the network give it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.coding import Coding
from actors.gsm.decoding import charset, data_coding, decode
from actors.gsm.header import parse
from actors.gsm.segments import split


@pytest.mark.parametrize(
    ("coding", "body", "text"),
    [
        (0x00, b"\x00 \x1be", "@ €"),
        (0x01, b"plain", "plain"),
        (0x02, b"\x00\x01", None),
        (0x03, b"na\xefve", "naïve"),
        (0x04, b"\x00\x01", None),
        (0x06, "привет".encode("iso8859-5"), "привет"),
        (0x07, "שלום".encode("iso8859-8"), "שלום"),
        (0x08, "😀".encode("utf-16-be"), "😀"),
        (0x09, b"x", None),
        (0x0E, "안녕".encode("euc_kr"), "안녕"),
        (0x10, b"\x00", "@"),
        (0x18, "ж".encode("utf-16-be"), "ж"),
        (0x14, b"\x00", None),
        (0x80, b"x", None),
        (0xC8, b"\x00", "@"),
        (0xE0, "ж".encode("utf-16-be"), "ж"),
        (0xF0, b"\x00", "@"),
        (0xF5, b"\x00", None),
    ],
)
def test_codings(coding: int, body: bytes, text: str | None) -> None:
    assert decode(coding, body) == text


def test_the_default_is_what_the_smsc_says() -> None:
    assert decode(0, b"\xe9", default="latin-1") == "é"


def test_what_is_broken_is_replaced() -> None:
    assert decode(0x08, b"\xd8\x3d") == "\N{REPLACEMENT CHARACTER}"
    assert decode(0x08, b"\x00a\x00") == "a\N{REPLACEMENT CHARACTER}"


@given(st.integers(0, 255), st.binary(max_size=40))
def test_any_octets_in_any_coding_are_text_or_octets(coding: int, body: bytes) -> None:
    assert (decode(coding, body) is None) == (charset(coding) is None)


@given(st.text())
def test_what_split_makes_is_read(text: str) -> None:
    segmented = split(text)
    read = [
        decode(data_coding(segmented.coding), segment.body, parse(segment.udh).alphabet)
        for segment in segmented.segments
    ]
    assert "".join(map(str, read)) == segmented.text
    assert data_coding(Coding.BINARY) == 4
