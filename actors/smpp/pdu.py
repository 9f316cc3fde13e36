"""PDUs of SMPP 3.4: from octets, to octets, out of a stream. Pure; any thread.

Strict where a mistake would shift everything behind it (lengths), tolerant where it would not: unknown TLVs are kept,
a response may come without its body, too long strings are taken as they are.

An own codec: smpplib cuts what is too long without a word, reads past a missing NUL, and has no types.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from actors.smpp import statuses
from actors.smpp.commands import BY_NUMBER, Command
from actors.smpp.errors import CannotSay, WrongPdu
from actors.smpp.fields import Cut, Value
from actors.smpp.tags import Tlvs

HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")
#: A `message_payload` of 64 KB, and room for everything beside it.
MAX_OCTETS = 80_000
MAX_SEQUENCE = 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Pdu:
    """One PDU. Fields that are not named have their default; `tlvs` are (tag, octets) in their order."""

    command: Command
    sequence: int
    status: int = statuses.ROK
    fields: Mapping[str, Value] = field(default_factory=dict)
    tlvs: Tlvs = ()

    def text(self, name: str) -> str:
        """A field of characters; empty when absent."""
        return str(self.fields.get(name, ""))

    def number(self, name: str) -> int:
        """A field that is an integer; 0 when absent."""
        value = self.fields.get(name, 0)
        return value if isinstance(value, int) else 0

    def octets(self, name: str) -> bytes:
        """A field of octets; empty when absent."""
        value = self.fields.get(name, b"")
        return value if isinstance(value, bytes) else b""


def encode(pdu: Pdu) -> bytes:
    """Raises CannotSay. A response that refuses has no body (3.4, section 4.4.2)."""
    body = b"" if pdu.command.is_response and pdu.status else _body(pdu)
    return HEADER.pack(HEADER.size + len(body), pdu.command.number, pdu.status, pdu.sequence) + body


def _body(pdu: Pdu) -> bytes:
    get = pdu.fields.get
    pieces = [one.encode(get(one.name, one.default)) for one in pdu.command.fields]
    for tag, value in pdu.tlvs:
        if not 0 <= tag <= 0xFFFF or len(value) > 0xFFFF:
            raise CannotSay(f"a TLV has a tag of 16 bits and at most 65535 octets: 0x{tag:x} has {len(value)}")
        pieces += (_TLV.pack(tag, len(value)), value)
    return b"".join(pieces)


def decode(frame: bytes) -> Pdu:
    """One whole frame. Raises WrongPdu, which knows the header's command_id and sequence."""
    if len(frame) < HEADER.size:
        raise WrongPdu("shorter than a header", answer=statuses.RINVCMDLEN, fatal=True)
    length, number, status, sequence = HEADER.unpack_from(frame)
    if length != len(frame):
        raise _wrong(f"{len(frame)} octets say they were {length}", number, sequence, statuses.RINVCMDLEN, fatal=True)
    command = BY_NUMBER.get(number)
    if command is None:
        raise _wrong("an unknown command", number, sequence, statuses.RINVCMDID)
    if len(frame) == HEADER.size and command.is_response:
        return Pdu(command, sequence, status)
    try:
        fields, at = _fields(command, frame)
        return Pdu(command, sequence, status, fields, _tlvs(frame, at))
    except Cut as cut:
        raise _wrong(f"{command.name}: {cut}", number, sequence, statuses.RINVCMDLEN) from cut


def _fields(command: Command, frame: bytes) -> tuple[dict[str, Value], int]:
    at = HEADER.size
    fields: dict[str, Value] = {}
    for one in command.fields:
        fields[one.name], at = one.decode(frame, at)
    return fields, at


def _tlvs(frame: bytes, at: int) -> Tlvs:
    found = []
    while at < len(frame):
        if at + _TLV.size > len(frame):
            raise Cut("a TLV is cut off")
        tag, length = _TLV.unpack_from(frame, at)
        at += _TLV.size + length
        if at > len(frame):
            raise Cut(f"TLV 0x{tag:04x} is cut off")
        found.append((tag, frame[at - length : at]))
    return tuple(found)


def _wrong(why: str, command_id: int, sequence: int, answer: int, fatal: bool = False) -> WrongPdu:
    return WrongPdu(why, command_id=command_id, sequence=sequence, answer=answer, fatal=fatal)


class Frames:
    """Cuts a stream into frames."""

    def __init__(self, max_octets: int = MAX_OCTETS) -> None:
        self._max = max_octets
        self._rest = b""

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The frames that are whole now; the rest waits. Raises WrongPdu (fatal) where a length makes no sense."""
        buffer = self._rest + octets if self._rest else octets
        self._rest = b""
        at = 0
        while len(buffer) - at >= HEADER.size:
            length, number, _, sequence = HEADER.unpack_from(buffer, at)
            if not HEADER.size <= length <= self._max:
                raise _wrong(f"a length of {length} octets", number, sequence, statuses.RINVCMDLEN, fatal=True)
            if at + length > len(buffer):
                break
            yield buffer[at : at + length]
            at += length
        self._rest = buffer[at:]
