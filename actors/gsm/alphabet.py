"""GSM-7: a locking table and a shift table between characters and septets (3GPP 23.038). Pure; any thread.

Septets stand one to an octet here, as SMPP and most HTTP carriers take them; `septets` packs them.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from actors.gsm.national import LOCKING, SHIFT, Language

ESCAPE = 0x1B
_ESCAPE = bytes([ESCAPE])
_CONTROLS = {"LF": "\n", "CR": "\r", "FF": "\f", "SP": " "}
_NOTHING = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Alphabet:
    """One pair of tables. Compared by its languages."""

    locking: Language
    shift: Language
    _septets: Mapping[int, bytes] = field(repr=False, compare=False)
    _locked: str = field(repr=False, compare=False)
    _shifted: Mapping[int, str] = field(repr=False, compare=False)

    def __contains__(self, character: str) -> bool:
        return ord(character) in self._septets

    def width(self, character: str) -> int:
        """Septets that a character of this alphabet takes: 1, or 2 with its escape."""
        return len(self._septets[ord(character)])

    def encode(self, text: str) -> bytes | None:
        """Septets, one to an octet; None when a character is not in the alphabet."""
        # Typed for dictionaries of numbers only, though octets of any number are taken.
        table: Any = self._septets
        try:
            return codecs.charmap_encode(text, "strict", table)[0]
        except UnicodeEncodeError:
            return None

    def decode(self, septets: bytes) -> str:
        """What a phone shows (23.038, 6.2.1.1). A septet unknown after an escape is taken from the locking table.

        An escape after an escape is a blank, and one at the end nothing; what the table has no character for becomes
        the replacement character.
        """
        pieces = []
        start = 0
        while (escape := septets.find(_ESCAPE, start)) >= 0:
            pieces.append(self._plain(septets[start:escape]))
            pieces.append(self._escaped(septets[escape + 1 : escape + 2]))
            start = escape + 2
        pieces.append(self._plain(septets[start:]))
        return "".join(pieces)

    def _plain(self, septets: bytes) -> str:
        return codecs.charmap_decode(septets, "replace", self._locked)[0]

    def _escaped(self, septet: bytes) -> str:
        if septet == _ESCAPE:
            return " "
        return self._shifted.get(septet[0], self._plain(septet)) if septet else ""


@cache
def alphabet(locking: Language = Language.DEFAULT, shift: Language = Language.DEFAULT) -> Alphabet:
    """The alphabet of two languages; one that has no locking table locks to the default."""
    locked = _cells(LOCKING.get(locking, LOCKING[Language.DEFAULT]))
    shifted = _cells(SHIFT[shift])
    septets = {ord(character): bytes([ESCAPE, septet]) for septet, character in reversed(shifted.items())}
    septets |= {ord(character): bytes([septet]) for septet, character in reversed(locked.items())}
    return Alphabet(locking, shift, septets, "".join(locked.get(septet, _NOTHING) for septet in range(128)), shifted)


def _cells(table: str) -> dict[int, str]:
    return {septet: _character(cell) for septet, cell in enumerate(table.split()) if cell != "--"}


def _character(cell: str) -> str:
    if len(cell) == 1:
        return cell
    return _CONTROLS.get(cell) or chr(int(cell, 16))


DEFAULT = alphabet()
