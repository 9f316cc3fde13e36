"""What is written instead of characters that typewriters did not have, so that a text stays GSM-7. Pure; any thread.

Only what reads the same: no letter loses its accent here.
"""

# ruff: noqa: RUF001  characters that look like others are what this table is about

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actors.gsm.alphabet import DEFAULT, Alphabet
from actors.gsm.clusters import clusters


def _each(characters: str, instead: str) -> dict[str, str]:
    return dict.fromkeys(characters, instead)


SUBSTITUTES: Final[Mapping[str, str]] = (
    _each("“”„‟«»″〝〞＂", '"')
    | _each("‘’‚‛‹›′`´ʹʻʼˈ＇", "'")
    | _each("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d", "-")
    | _each("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t", " ")
    # Seen by nobody: zero width blanks and joiners, byte order mark, soft hyphen, marks of direction, emoji's selector.
    | _each(
        "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufe0f",
        "",
    )
    | _each("\u2028\u2029\u0085\v", "\n")
    | _each("•‣◦∙", "*")
    | _each("·․", ".")
    | {"…": "...", "⁇": "??", "⁈": "?!", "⁄": "/", "∕": "/", "∗": "*", "˜": "~", "ˆ": "^"}
    | {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "¦": "|", "×": "x"}
)


@dataclass(frozen=True, slots=True)
class Culprit:
    """Something that GSM-7 has no septet for. `suggestion` is what could stand there; None when nothing could."""

    position: int
    character: str
    suggestion: str | None


def culprits(text: str, alphabet: Alphabet = DEFAULT) -> tuple[Culprit, ...]:
    """What forces a text into UCS-2, in its order. Positions count code points; an emoji of several is one."""
    if alphabet.encode(text) is not None:
        return ()
    return tuple(
        Culprit(position, cluster, substitute(cluster, alphabet))
        for position, cluster in clusters(text)
        if alphabet.encode(cluster) is None
    )


def substitute(text: str, alphabet: Alphabet = DEFAULT) -> str | None:
    """The text in the alphabet, composed (NFC) and typed plainly; None when something would still be missing."""
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(c if c in alphabet else SUBSTITUTES.get(c, c) for c in composed)
    return plain if alphabet.encode(plain) is not None else None
