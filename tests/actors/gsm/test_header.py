"""User data headers: what is written is read, and what others write does no harm."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.header import Concatenation, Header, InvalidHeader, parse, separate
from actors.gsm.national import Language

PLACES = st.tuples(st.integers(1, 255), st.integers(1, 255)).map(sorted)
CONCATENATIONS = st.booleans().flatmap(
    lambda wide: st.builds(
        lambda reference, place: Concatenation(reference, place[1], place[0], wide),
        st.integers(0, 0xFFFF if wide else 0xFF),
        PLACES,
    )
)
LANGUAGES = st.sampled_from(Language)
OTHERS = st.lists(st.tuples(st.just(0x05), st.binary(min_size=4, max_size=4)), max_size=2).map(tuple)


@given(st.builds(Header, st.none() | CONCATENATIONS, LANGUAGES, LANGUAGES, OTHERS), st.binary(max_size=20))
def test_a_header_comes_back(header: Header, body: bytes) -> None:
    octets = header.encode()
    assert parse(octets) == header
    if octets:
        assert separate(octets + body) == (octets, body)


@given(st.binary(max_size=30))
def test_any_octets_are_a_header_or_refused(octets: bytes) -> None:
    try:
        header = parse(octets)
    except InvalidHeader:
        return
    assert parse(header.encode()) == header


def test_the_sizes_that_the_limits_come_from() -> None:
    assert Header().encode() == b""
    assert Header(Concatenation(7, 3, 1)).encode() == bytes.fromhex("050003070301")
    assert Header(Concatenation(0x1234, 3, 1, wide=True)).encode() == bytes.fromhex("06080412340301")
    assert Header(shift=Language.TURKISH).encode() == bytes.fromhex("03240101")
    assert len(Header(Concatenation(7, 3, 1), Language.HINDI, Language.HINDI).encode()) == 12


def test_vectors_of_another_library(corpus: Path) -> None:
    vectors = json.loads((corpus / "07_sms" / "gsm0338" / "pdu_vectors_python_gsmmodem.json").read_text())
    for reference, number, total, element in vectors["TestUdhConcatenation"]["test_decode.tests"]:
        octets = bytes.fromhex(bytes.fromhex(element["hex"]).decode())
        expected = Concatenation(reference, total, number, wide=octets[0] == 8)
        assert parse(bytes([len(octets)]) + octets).concatenation == expected


@pytest.mark.parametrize(
    "octets",
    ["05000307", "0500030703", "0100", "040005", "0500030703010a"],
    ids=["too short", "an octet less", "no length", "beyond the end", "something after it"],
)
def test_broken_headers_are_refused(octets: str) -> None:
    with pytest.raises(InvalidHeader):
        parse(bytes.fromhex(octets))


def test_separating_needs_a_whole_header() -> None:
    with pytest.raises(InvalidHeader):
        separate(b"")


@pytest.mark.parametrize("octets", ["050003070300", "050003070001", "050003070304", "0400020701"])
def test_a_place_that_makes_no_sense_is_none(octets: str) -> None:
    assert parse(bytes.fromhex(octets)).concatenation is None


def test_the_last_of_elements_that_contradict_each_other_counts() -> None:
    assert parse(bytes.fromhex("0a00030703010003080201")).concatenation == Concatenation(8, 2, 1)


def test_a_language_that_nobody_knows_is_the_default() -> None:
    assert parse(bytes.fromhex("032401ff")).shift is Language.DEFAULT
    assert parse(bytes.fromhex("03250103")).alphabet.locking is Language.PORTUGUESE
