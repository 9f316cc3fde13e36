from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gsm import Concatenation
from actors.smpp import texts
from actors.smpp.tags import Tag, Tlvs
from tests.actors.smpp.wire import LEADER, MEMBER, config, text_from


def read(octets: bytes, tlvs: Tlvs = (), **options: Any) -> texts.Fragment:
    given = {key: options.pop(key) for key in ("gsm7", "inbound_id_tag") if key in options}
    return texts.read(text_from(octets, tlvs=tlvs, **options), config(**given))


def test_a_text_on_its_own() -> None:
    fragment = read(b"hello")
    assert (fragment.source, fragment.destination, fragment.part.place.total) == (MEMBER, LEADER, 1)
    assert fragment.text(config()) == "hello"


@pytest.mark.parametrize(
    ("coding", "octets", "text"),
    [
        (0x00, b"\x1b\x65 \x02", "€ $"),
        (0x01, b"ascii", "ascii"),
        (0x03, "Grüße".encode("latin-1"), "Grüße"),
        (0x08, "Привет 😀".encode("utf-16-be"), "Привет 😀"),
        (0x18, "flash".encode("utf-16-be"), "flash"),
        (0x04, b"\x01\x02", None),
        (0xF5, b"\x01", None),
    ],
)
def test_codings(coding: int, octets: bytes, text: str | None) -> None:
    assert read(octets, data_coding=coding).text(config()) == text


def test_what_the_smsc_calls_its_default() -> None:
    assert read("Grüße".encode("latin-1"), gsm7="latin-1").text(config(gsm7="latin-1")) == "Grüße"
    assert read(bytes.fromhex("e8329bfd4697d9ec37"), gsm7="packed").text(config()) == "hellohello"
    assert read(bytes.fromhex("e8329bfd4697d9"), gsm7="packed").text(config()) == "hellohel"


def test_a_part_by_its_header_by_its_parameters_and_by_neither() -> None:
    header = bytes.fromhex("0500030702010068")
    assert read(header, esm_class=0x40).part.place == Concatenation(7, 2, 1)
    sar = ((Tag.SAR_MSG_REF_NUM, b"\x01\x2c"), (Tag.SAR_TOTAL_SEGMENTS, b"\x03"), (Tag.SAR_SEGMENT_SEQNUM, b"\x02"))
    assert read(b"x", tlvs=sar).part.place == Concatenation(300, 3, 2, wide=True)
    assert read(b"x", tlvs=sar[:2]).part.place.total == 1
    assert read(b"x", tlvs=(*sar[:2], (Tag.SAR_SEGMENT_SEQNUM, b"\x09"))).part.place.total == 1


def test_a_header_that_makes_no_sense_is_left_out() -> None:
    cut = read(b"\x20abc", esm_class=0x40)
    assert (cut.faulty, cut.part.body) == (True, b"\x20abc")
    wrong = read(b"\x02\x00\x05abc", esm_class=0x40)
    assert (wrong.faulty, wrong.part.body) == (True, b"abc")


def test_a_digest_is_of_what_a_repetition_has_in_common() -> None:
    first = read(b"hello", sequence=1)
    assert read(b"hello", sequence=99).digest == first.digest
    others = [
        read(b"Hello"),
        read(b"hello", source_addr="15551234568"),
        read(b"hello", destination_addr="12346"),
        read(b"hello", data_coding=3),
        read(b"hello", tlvs=((Tag.USER_MESSAGE_REFERENCE, b"\0\x07"),)),
        read(b"hello", tlvs=((Tag.SAR_MSG_REF_NUM, b"\0\x07"),)),
    ]
    assert len({one.digest for one in (first, *others)}) == 7


def test_a_carrier_that_names_its_texts() -> None:
    tlvs = ((0x1401, b"MO-17\0"),)
    assert read(b"x", tlvs=tlvs, inbound_id_tag=0x1401).name == "MO-17"
    assert read(b"x", tlvs=tlvs).name is None


@given(st.binary(max_size=160), st.integers(0, 255), st.integers(0, 255), st.sampled_from(["unpacked", "packed"]))
def test_no_text_breaks_the_reader(octets: bytes, esm_class: int, coding: int, gsm7: str) -> None:
    fragment = read(octets, esm_class=esm_class, data_coding=coding, gsm7=gsm7)
    fragment.text(config())
