"""The user data header: which part of which text, and in which national alphabet (3GPP 23.040, 9.2.3.24). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from actors.errors import ActorsError
from actors.gsm.alphabet import Alphabet, alphabet
from actors.gsm.national import Language

MAX_PARTS = 255
_CONCATENATED = 0x00
_CONCATENATED_WIDE = 0x08
_SINGLE_SHIFT = 0x24
_LOCKING_SHIFT = 0x25


class InvalidHeader(ActorsError):
    """The octets are no user data header."""

    title = "A text's header cannot be read"


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Part `number` (from 1) of `total`. `wide` references have 16 bits, others 8."""

    reference: int
    total: int
    number: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """What is understood of a header; `others` are the elements that are not, by identifier."""

    concatenation: Concatenation | None = None
    locking: Language = Language.DEFAULT
    shift: Language = Language.DEFAULT
    others: tuple[tuple[int, bytes], ...] = ()

    @property
    def alphabet(self) -> Alphabet:
        return alphabet(self.locking, self.shift)

    def encode(self) -> bytes:
        """With the octet of its length before it; empty without any element."""
        elements = b"".join(bytes([identifier, len(data)]) + data for identifier, data in self._elements())
        return bytes([len(elements)]) + elements if elements else b""

    def _elements(self) -> Iterator[tuple[int, bytes]]:
        if (part := self.concatenation) is not None:
            place = bytes([part.total, part.number])
            if part.wide:
                yield _CONCATENATED_WIDE, (part.reference & 0xFFFF).to_bytes(2, "big") + place
            else:
                yield _CONCATENATED, bytes([part.reference & 0xFF]) + place
        if self.shift:
            yield _SINGLE_SHIFT, bytes([self.shift])
        if self.locking:
            yield _LOCKING_SHIFT, bytes([self.locking])
        yield from self.others


def parse(octets: bytes) -> Header:
    """A header with the octet of its length, and nothing after it. Raises InvalidHeader.

    Of elements that contradict each other the last counts; one that makes no sense is as if it were not there, and a
    language that nobody knows is the default (9.2.3.24, 9.2.3.24.1).
    """
    concatenation, locking, shift, others = None, Language.DEFAULT, Language.DEFAULT, []
    for identifier, data in _elements(octets):
        match identifier:
            case 0x00 | 0x08:
                concatenation = _concatenation(identifier, data) or concatenation
            case 0x24:
                shift = _language(data)
            case 0x25:
                locking = _language(data)
            case _:
                others.append((identifier, data))
    return Header(concatenation, locking, shift, tuple(others))


def separate(user_data: bytes) -> tuple[bytes, bytes]:
    """User data that begins with a header, cut into header and body. Raises InvalidHeader."""
    if not user_data or len(user_data) <= user_data[0]:
        raise InvalidHeader(
            f"a header of {len(user_data)} octets is shorter than it says; look at the sender's splitting"
        )
    end = user_data[0] + 1
    return user_data[:end], user_data[end:]


def _elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    if not octets:
        return
    header, rest = separate(octets)
    if rest:
        raise InvalidHeader(f"{len(rest)} octets follow the header; separate them first")
    at = 1
    while at < len(header):
        end = at + 2 + (header[at + 1] if at + 1 < len(header) else 0)
        if at + 2 > len(header) or end > len(header):
            raise InvalidHeader(f"element {header[at]:#04x} of a header goes beyond its end")
        yield header[at], header[at + 2 : end]
        at = end


def _concatenation(identifier: int, data: bytes) -> Concatenation | None:
    wide = identifier == _CONCATENATED_WIDE
    if len(data) != (4 if wide else 3):
        return None
    *reference, total, number = data
    if not 1 <= number <= total:
        return None
    return Concatenation(int.from_bytes(bytes(reference), "big"), total, number, wide)


def _language(data: bytes) -> Language:
    known = len(data) == 1 and data[0] in Language._value2member_map_
    return Language(data[0]) if known else Language.DEFAULT
