import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.smpp import commands, statuses
from actors.smpp.commands import COMMANDS, Command
from actors.smpp.errors import CannotSay, WrongPdu
from actors.smpp.fields import CString, Field, Integer, Octets, Value
from actors.smpp.pdu import HEADER, MAX_OCTETS, MAX_SEQUENCE, Frames, Pdu, decode, encode
from tests.actors.smpp.wire import frame


def values(field: Field) -> st.SearchStrategy[Value]:
    match field:
        case Integer(octets=octets):
            return st.integers(0, 256**octets - 1)
        case CString(size=size):
            return st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=size - 1)
        case Octets(size=size):
            return st.binary(max_size=size)


@st.composite
def pdus(draw: st.DrawFn) -> Pdu:
    command: Command = draw(st.sampled_from(COMMANDS))
    fields = {field.name: draw(values(field)) for field in command.fields}
    tlvs = draw(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=300)), max_size=4))
    sequence = draw(st.integers(1, MAX_SEQUENCE))
    return Pdu(command, sequence, statuses.ROK, fields, tuple(tlvs))


@given(pdus())
def test_what_is_written_is_read_again(pdu: Pdu) -> None:
    octets = encode(pdu)
    assert HEADER.unpack_from(octets) == (len(octets), pdu.command.number, 0, pdu.sequence)
    assert decode(octets) == pdu


@given(st.binary(max_size=200), st.sampled_from([command.number for command in COMMANDS] + [0x99]))
def test_any_octets_are_a_pdu_or_a_clear_error(body: bytes, number: int) -> None:
    octets = HEADER.pack(HEADER.size + len(body), number, 0, 7) + body
    try:
        assert decode(octets).sequence == 7
    except WrongPdu as wrong:
        assert (wrong.command_id, wrong.sequence, wrong.fatal) == (number, 7, False)
        assert wrong.answer in (statuses.RINVCMDLEN, statuses.RINVCMDID)


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_stream_is_cut_into_frames_or_ends_in_a_clear_error(stream: bytes, step: int) -> None:
    frames, found = Frames(), b""
    try:
        for at in range(0, len(stream), step):
            found += b"".join(frames.feed(stream[at : at + step]))
    except WrongPdu as wrong:
        assert wrong.fatal
    assert stream.startswith(found)


@given(st.lists(pdus(), max_size=5), st.integers(1, 100))
def test_a_stream_gives_the_same_pdus_however_it_arrives(several: list[Pdu], step: int) -> None:
    stream, frames = b"".join(map(encode, several)), Frames()
    chunks = [stream[at : at + step] for at in range(0, len(stream), step)]
    assert [decode(one) for chunk in chunks for one in frames.feed(chunk)] == several


def test_the_octets_of_a_submit_are_those_of_the_standard() -> None:
    octets = frame(
        commands.SUBMIT_SM, 2, source_addr="12345", source_addr_ton=3, destination_addr="15551234567",
        dest_addr_ton=1, dest_addr_npi=1, registered_delivery=1, short_message=b"hello",
    )  # fmt: skip
    body = (
        b"\0" + b"\x03\x00" + b"12345\0" + b"\x01\x01" + b"15551234567\0" + b"\0\0\0" + b"\0" + b"\0" + b"\x01\0\0\0"
        b"\x05hello"
    )
    assert octets == struct.pack(">IIII", 16 + len(body), 4, 0, 2) + body


@pytest.mark.parametrize("length", [0, 15, MAX_OCTETS + 1, 0xFFFFFFFF])
def test_a_length_that_makes_no_sense_ends_the_stream(length: int) -> None:
    whole = frame(commands.ENQUIRE_LINK, 1)
    found: list[bytes] = []
    with pytest.raises(WrongPdu, match="length of") as raised:
        found.extend(Frames().feed(whole + struct.pack(">IIII", length, 5, 0, 9)))
    assert found == [whole]
    assert (raised.value.fatal, raised.value.answer, raised.value.sequence) == (True, statuses.RINVCMDLEN, 9)


def test_a_response_may_come_without_its_body() -> None:
    pdu = decode(HEADER.pack(16, commands.SUBMIT_SM_RESP.number, 0, 3))
    assert pdu.text("message_id") == ""
    refused = Pdu(commands.SUBMIT_SM_RESP, 3, statuses.RTHROTTLED, {"message_id": "17"})
    assert len(encode(refused)) == HEADER.size


def test_a_request_may_not() -> None:
    with pytest.raises(WrongPdu, match="deliver_sm: service_type has no end"):
        decode(HEADER.pack(16, commands.DELIVER_SM.number, 0, 3))


def test_unknown_tlvs_are_kept_and_too_long_strings_taken() -> None:
    long = "9" * 40
    whole = frame(commands.DELIVER_SM, 1, tlvs=((0x1400, b"own"), (0x1400, b"twice")), source_addr="1")
    longer = whole.replace(b"1\0", long.encode() + b"\0", 1)
    octets = struct.pack(">I", len(longer)) + longer[4:]
    assert decode(octets).text("source_addr") == long
    assert decode(octets).tlvs == ((0x1400, b"own"), (0x1400, b"twice"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"destination_addr": "1" * 21}, "destination_addr takes 20 characters, not 21"),
        ({"destination_addr": "a\0b"}, "destination_addr takes ASCII"),
        ({"source_addr": "Grüße"}, "source_addr takes ASCII"),
        ({"esm_class": 256}, "esm_class is an integer of 1 octet"),
        ({"esm_class": "64"}, "esm_class is an integer"),
        ({"short_message": b"x" * 255}, "short_message takes at most 254"),
    ],
)
def test_what_does_not_fit_is_not_cut_but_refused(fields: dict[str, Value], why: str) -> None:
    with pytest.raises(CannotSay, match=why):
        encode(Pdu(commands.SUBMIT_SM, 1, fields=fields))


def test_a_tlv_of_more_than_64_kilobytes_is_refused() -> None:
    with pytest.raises(CannotSay, match="65535"):
        encode(Pdu(commands.SUBMIT_SM, 1, tlvs=((0x0424, b"x" * 65536),)))


def test_a_length_beside_the_frame_is_fatal() -> None:
    with pytest.raises(WrongPdu, match="17 octets say they were 16") as raised:
        decode(frame(commands.ENQUIRE_LINK, 1) + b"x")
    assert raised.value.fatal
    with pytest.raises(WrongPdu, match="shorter than a header"):
        decode(b"x")
