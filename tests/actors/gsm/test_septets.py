"""Packing, against another library's vectors and by its rule."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.alphabet import DEFAULT
from actors.gsm.header import separate
from actors.gsm.segments import split
from actors.gsm.septets import fill_bits, pack, unpack

SEPTETS = st.binary(max_size=200).map(lambda octets: bytes(octet & 0x7F for octet in octets))


def test_vectors_of_another_library(corpus: Path) -> None:
    vectors = json.loads((corpus / "07_sms" / "gsm0338" / "pdu_vectors_python_gsmmodem.json").read_text())["TestGsm7"]
    for text, plain, packed in vectors["test_decode.tests"]:
        septets = bytes.fromhex(plain["hex"])
        assert DEFAULT.encode(text) == septets
        assert pack(septets) == bytes.fromhex(packed["hex"])
    for text, plain, longer in vectors["test_unpackSeptets_with_limits.tests"]:
        septets = bytes.fromhex(plain["hex"])
        assert unpack(bytes.fromhex(longer["hex"]), len(septets)) == septets
        assert DEFAULT.decode(septets) == text


def test_long_texts_of_another_library(corpus: Path) -> None:
    """Three whole PDUs of a long text: header, fill bit and septets are theirs to the last octet."""
    vectors = json.loads((corpus / "07_sms" / "gsm0338" / "pdu_vectors_python_gsmmodem.json").read_text())["TestSmsPdu"]
    pdus = [bytes.fromhex(some["data"]["hex"]) for some in vectors["test_encodeSmsSubmit_concatenated.result"]]
    address_octets = (pdus[0][3] + 1) // 2
    user_data = [pdu[4 + 1 + address_octets + 2 :] for pdu in pdus]
    text = ""
    for octets in user_data:
        header, body = separate(octets[1:])
        fill = fill_bits(len(header))
        text += DEFAULT.decode(unpack(body, octets[0] - (len(header) * 8 + fill) // 7, fill))
    segmented = split(text, reference=user_data[0][4])
    ours = [segment.udh + pack(segment.body, fill_bits(len(segment.udh))) for segment in segmented.segments]
    assert ours == [octets[1:] for octets in user_data]


@given(SEPTETS, st.integers(0, 6))
def test_packed_septets_come_back(septets: bytes, fill: int) -> None:
    packed = pack(septets, fill)
    assert unpack(packed, len(septets), fill) == septets
    assert len(packed) == -(-(len(septets) * 7 + fill) // 8)


@given(st.integers(0, 140))
def test_septets_after_a_header_begin_where_septets_begin(octets: int) -> None:
    assert (octets * 8 + fill_bits(octets)) % 7 == 0
    assert fill_bits(octets) < 7


def test_there_are_no_more_septets_than_octets_have() -> None:
    assert unpack(pack(b"abc"), 160) == b"abc"
    assert unpack(b"", 1, 3) == b""
