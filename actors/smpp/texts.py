"""What an inbound deliver_sm or data_sm carries: from whom to whom, which part of a text, which octets. Pure.

A part says so in its user data header, or in SAR TLVs; a text longer than `short_message` stands in message_payload.
"""

import hashlib
from dataclasses import dataclass

from actors.carrier.port import Party
from actors.gsm import (
    Concatenation,
    Header,
    InvalidHeader,
    Part,
    decode,
    fill_bits,
    parse,
    separate,
    unpack,
)
from actors.gsm.decoding import GSM7, charset
from actors.smpp import addresses
from actors.smpp.config import BindConfig, Gsm7
from actors.smpp.pdu import Pdu
from actors.smpp.submit import ESM_UDH
from actors.smpp.tags import Tag, integer, octets, text


@dataclass(frozen=True, slots=True)
class Fragment:
    """One delivery. `part.place` says where it belongs; `total` 1 is a text on its own.

    `digest` is the same when the SMSC sends it again, `name` is what the carrier calls it if it has a TLV for that;
    `faulty` means that its header made no sense and was left out.
    """

    source: Party
    destination: Party
    part: Part
    digest: str
    name: str | None = None
    faulty: bool = False

    def text(self, config: BindConfig) -> str | None:
        """None: octets that are no text."""
        return decode(self.part.data_coding, self.part.body, self.part.header.alphabet, default_charset(config))


def default_charset(config: BindConfig) -> str:
    """What data_coding 0 means to this carrier."""
    return "latin-1" if config.gsm7 is Gsm7.LATIN_1 else GSM7


def read(pdu: Pdu, config: BindConfig) -> Fragment:
    """Never fails: what makes no sense is read as if it were not there."""
    said = pdu.octets("short_message") or octets(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    header, header_octets, body, faulty = _header(pdu, said)
    place = header.concatenation or _sar(pdu) or Concatenation(0, 1, 1)
    coding = pdu.number("data_coding")
    if config.gsm7 is Gsm7.PACKED and charset(coding) == GSM7:
        body = _unpacked(body, header_octets)
    return Fragment(
        addresses.read(pdu.number("source_addr_ton"), pdu.text("source_addr"), config),
        addresses.read(pdu.number("dest_addr_ton"), pdu.text("destination_addr"), config),
        Part(place, coding, body, header),
        _digest(pdu, said),
        None if config.inbound_id_tag is None else text(pdu.tlvs, config.inbound_id_tag),
        faulty,
    )


def _header(pdu: Pdu, said: bytes) -> tuple[Header, int, bytes, bool]:
    if not pdu.number("esm_class") & ESM_UDH:
        return Header(), 0, said, False
    try:
        udh, body = separate(said)
    except InvalidHeader:
        return Header(), 0, said, True
    try:
        return parse(udh), len(udh), body, False
    except InvalidHeader:
        return Header(), len(udh), body, True


def _sar(pdu: Pdu) -> Concatenation | None:
    reference = integer(pdu.tlvs, Tag.SAR_MSG_REF_NUM)
    total = integer(pdu.tlvs, Tag.SAR_TOTAL_SEGMENTS)
    number = integer(pdu.tlvs, Tag.SAR_SEGMENT_SEQNUM)
    if reference is None or total is None or number is None or not 1 <= number <= total:
        return None
    return Concatenation(reference, total, number, wide=True)


def _unpacked(body: bytes, header_octets: int) -> bytes:
    """Seven bits left over look like one more septet, an `@`; nobody ends a text of that length so."""
    fill = fill_bits(header_octets)
    count = (len(body) * 8 - fill) // 7
    septets = unpack(body, count, fill)
    return septets[:-1] if (len(body) * 8 - fill) % 7 == 0 and septets.endswith(b"\0") else septets


def _digest(pdu: Pdu, said: bytes) -> str:
    """Of what a repetition has in common with the first time; the sequence number is not."""
    reference = octets(pdu.tlvs, Tag.USER_MESSAGE_REFERENCE) or b""
    sar = b"".join(octets(pdu.tlvs, tag) or b"" for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_SEGMENT_SEQNUM))
    heads = (pdu.text("source_addr"), pdu.text("destination_addr"), str(pdu.number("data_coding")))
    whole = b"\0".join((*(head.encode() for head in heads), reference, sar, said))
    return hashlib.blake2b(whole, digest_size=16).hexdigest()
