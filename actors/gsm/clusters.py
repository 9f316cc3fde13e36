"""Where a text may be cut without cutting what a reader takes for one character. Pure; any thread.

The rules of UAX #29 that meet in texts: marks, joined emoji, flags, skin tones, keycaps, Hangul. Not all of them: where
a text is cut against the rest, it still comes back whole, since phones put parts together before they show them.
"""

import unicodedata
from itertools import pairwise

_JOINER = "\N{ZERO WIDTH JOINER}"
_NON_JOINER = "\N{ZERO WIDTH NON-JOINER}"
_LEADING, _VOWELS, _TRAILING = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
_SYLLABLES = range(0xAC00, 0xD7A4)
_FLAGS = range(0x1F1E6, 0x1F200)
_SKINS = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_PLAIN_BELOW = "\u0300"


def starts(text: str) -> list[int]:
    """The positions at which a cluster begins, rising; empty for an empty text."""
    found = []
    flags = 0
    before = ""
    for position, character in enumerate(text):
        if not _joined(before, character, flags):
            found.append(position)
        flags = flags + 1 if ord(character) in _FLAGS else 0
        before = character
    return found


def clusters(text: str) -> list[tuple[int, str]]:
    """Each cluster with its position."""
    return [(start, text[start:end]) for start, end in pairwise([*starts(text), len(text)])]


def _joined(before: str, character: str, flags_before: int) -> bool:
    """Whether a character belongs to the cluster that is open."""
    if not before:
        return False
    if character < _PLAIN_BELOW:
        return before == "\r" and character == "\n"
    code = ord(character)
    if code in _FLAGS:
        return flags_before % 2 == 1
    return before == _JOINER or _extends(character, code) or _hangul(ord(before), code)


def _extends(character: str, code: int) -> bool:
    if character in (_JOINER, _NON_JOINER) or code in _SKINS or code in _TAGS:
        return True
    return unicodedata.category(character).startswith("M")


def _hangul(before: int, code: int) -> bool:
    if code in _LEADING or code in _SYLLABLES:
        return before in _LEADING
    if code in _VOWELS:
        return before in _LEADING or before in _VOWELS or (before in _SYLLABLES and (before - 0xAC00) % 28 == 0)
    return code in _TRAILING and (before in _VOWELS or before in _TRAILING or before in _SYLLABLES)
