"""The kinds of parameters a PDU consists of, to octets and back (SMPP 3.4, section 3.1). Pure; any thread.

Sizes are held in what we say. In what we hear only the structure counts: an address that is longer than the standard
allows is still an address, and refusing it would lose the text.
"""

from dataclasses import dataclass

from actors.smpp.errors import CannotSay

Value = int | str | bytes


class Cut(Exception):
    """A parameter reaches over the end of its PDU."""


@dataclass(frozen=True, slots=True)
class Integer:
    """So many octets, most significant first."""

    name: str
    octets: int
    default: int = 0

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, int) or not 0 <= value < 1 << (8 * self.octets):
            raise CannotSay(f"{self.name} is an integer of {self.octets} octet(s), not {value!r}")
        return value.to_bytes(self.octets, "big")

    def decode(self, body: bytes, at: int) -> tuple[int, int]:
        end = at + self.octets
        if end > len(body):
            raise Cut(f"{self.name} is cut off")
        return int.from_bytes(body[at:end], "big"), end


@dataclass(frozen=True, slots=True)
class CString:
    """Characters and a NUL; `size` counts the NUL. The standard says ASCII; Latin-1 keeps every octet as it came."""

    name: str
    size: int
    default: str = ""

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, str) or not value.isascii() or "\0" in value:
            raise CannotSay(f"{self.name} takes ASCII characters only")
        if len(value) >= self.size:
            raise CannotSay(f"{self.name} takes {self.size - 1} characters, not {len(value)}")
        return value.encode() + b"\0"

    def decode(self, body: bytes, at: int) -> tuple[str, int]:
        end = body.find(b"\0", at)
        if end < 0:
            raise Cut(f"{self.name} has no end")
        return body[at:end].decode("latin-1"), end + 1


@dataclass(frozen=True, slots=True)
class Octets:
    """One octet that counts, then so many octets: `sm_length` and `short_message`."""

    name: str
    size: int = 254
    default: bytes = b""

    def encode(self, value: Value) -> bytes:
        if not isinstance(value, bytes) or len(value) > self.size:
            raise CannotSay(f"{self.name} takes at most {self.size} octets")
        return bytes((len(value),)) + value

    def decode(self, body: bytes, at: int) -> tuple[bytes, int]:
        if at >= len(body):
            raise Cut(f"{self.name} is cut off")
        end = at + 1 + body[at]
        if end > len(body):
            raise Cut(f"{self.name} is cut off")
        return body[at + 1 : end], end


Field = Integer | CString | Octets
