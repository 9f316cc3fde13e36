"""From a piece of the carrier port to the parameters of its submit_sm (SMPP 3.4, section 4.4.1). Pure; any thread."""

from actors.carrier.port import Piece
from actors.gsm import Coding, Concatenation, Header, InvalidHeader, data_coding, decode, fill_bits, pack, parse
from actors.smpp import addresses
from actors.smpp.config import BindConfig, Gsm7, LongTexts
from actors.smpp.errors import CannotSay
from actors.smpp.fields import Value
from actors.smpp.tags import Tag, Tlvs

ESM_UDH = 0x40
RECEIPT_WANTED = 0x01
#: `short_message` takes no more; what is longer goes as message_payload.
SHORT_OCTETS = 254
DAY_SECONDS = 86_400
#: The longest relative time without months, whose length SMSCs disagree about.
MOST_DAYS = 31


def parameters(piece: Piece, config: BindConfig) -> tuple[dict[str, Value], Tlvs]:
    """Fields and TLVs. Raises CannotSay for what this carrier cannot be told."""
    fields: dict[str, Value] = {
        "service_type": config.service_type,
        "data_coding": config.data_codings.get(piece.coding, data_coding(piece.coding)),
        "registered_delivery": RECEIPT_WANTED if piece.receipt else 0,
        "validity_period": validity(piece.valid_seconds),
        **_addresses(piece, config),
    }
    udh, tlvs = _place(piece, config)
    octets = udh + _body(piece, len(udh), config.gsm7)
    if udh:
        fields["esm_class"] = ESM_UDH
    if len(octets) > SHORT_OCTETS or (config.long_texts is LongTexts.PAYLOAD and piece.units > 1):
        tlvs = (*tlvs, (Tag.MESSAGE_PAYLOAD, octets))
    else:
        fields["short_message"] = octets
    own = tuple((tag, bytes.fromhex(value)) for tag, value in config.tlvs.items())
    return fields, (*tlvs, *own)


def validity(seconds: float | None) -> str:
    """A relative time (section 7.1.1), at least a second and at most a month; empty leaves it to the SMSC."""
    if seconds is None:
        return ""
    left = min(max(1, round(seconds)), MOST_DAYS * DAY_SECONDS)
    minutes, second = divmod(left, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"0000{day:02d}{hour:02d}{minute:02d}{second:02d}000R"


def _addresses(piece: Piece, config: BindConfig) -> dict[str, Value]:
    source, destination = addresses.write(piece.source, config), addresses.write(piece.destination, config)
    return {
        "source_addr_ton": source[0], "source_addr_npi": source[1], "source_addr": source[2],
        "dest_addr_ton": destination[0], "dest_addr_npi": destination[1], "destination_addr": destination[2],
    }  # fmt: skip


def _place(piece: Piece, config: BindConfig) -> tuple[bytes, Tlvs]:
    """The header that goes before the body, and the TLVs that stand in for its part of a concatenation."""
    if config.long_texts is not LongTexts.SAR or not piece.udh:
        return piece.udh, ()
    try:
        header = parse(piece.udh)
    except InvalidHeader as error:
        raise CannotSay(f"the header of the piece cannot be said as SAR parameters: {error}") from error
    if header.concatenation is None:
        return piece.udh, ()
    rest = Header(None, header.locking, header.shift, header.others)
    return rest.encode(), _sar(header.concatenation)


def _sar(place: Concatenation) -> Tlvs:
    return (
        (Tag.SAR_MSG_REF_NUM, place.reference.to_bytes(2, "big")),
        (Tag.SAR_TOTAL_SEGMENTS, bytes((place.total,))),
        (Tag.SAR_SEGMENT_SEQNUM, bytes((place.number,))),
    )


def _body(piece: Piece, header_octets: int, gsm7: Gsm7) -> bytes:
    if piece.coding is not Coding.GSM7 or gsm7 is Gsm7.UNPACKED:
        return piece.body
    if gsm7 is Gsm7.PACKED:
        return pack(piece.body, fill_bits(header_octets))
    try:
        return (decode(0, piece.body) or "").encode("latin-1")
    except UnicodeEncodeError as error:
        raise CannotSay("the text has characters that this carrier's Latin-1 lacks; send it as UCS-2") from error
