"""Texts as keywords are compared: without case, accents, punctuation, emoji. Pure; any thread."""

# ruff: noqa: RUF001  letters of other scripts look like ours

import re
import unicodedata

#: Left out: accents, marks of Hebrew and Arabic, their lengthener, apostrophes, marks of direction and width.
_LEFT_OUT = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u065f\u0670\u0640'’‘ʼ`´\u200b-\u200f\u2060\ufeff\u00ad]"
)
#: Letters that accents are not taken off by decomposing them, and letters typed for each other.
_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"} | {"ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك"}
)
#: Anything but letters, digits and the signs that are part of letters in India and beyond.
_PUNCTUATION = re.compile(r"[^\w\u0900-\u0963\u0966-\u0dff\u0e00-\u0e7f\u1000-\u109f\u1780-\u17d3]+|_+")
_CLAUSE_ENDS = re.compile(r"[.!?,;:…\n\r。！？、，؟،۔।()\"“”–—]+")
_SIGNATURE = re.compile(r"\n\s*(sent from my|get outlook for|envoye de mon|von meinem)\b.*\Z", re.DOTALL)
_RUN = re.compile(r"(.)\1+")


def fold(text: str) -> str:
    """Lower case, compatible characters for full-width ones, no accents; punctuation and blanks as they are.

    What a phone signs texts with is left out too.
    """
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    folded = unicodedata.normalize("NFC", _LEFT_OUT.sub("", decomposed)).translate(_LETTERS)
    return _SIGNATURE.sub("", folded)


def words(folded: str) -> list[str]:
    """Its words, without punctuation and emoji."""
    return _PUNCTUATION.sub(" ", folded).split()


def clauses(folded: str) -> list[str]:
    """Its clauses, each as words with single blanks between them; empty ones are left out."""
    return [clause for part in _CLAUSE_ENDS.split(folded) if (clause := " ".join(words(part)))]


def key(some: list[str]) -> str:
    """Words as one, so that "opt out", "opt-out" and "s t o p" are found too."""
    return "".join(some)


def without_runs(key: str) -> str:
    """ "stoooppp" as "stop"; a letter that is written twice for good is written once here too."""
    return _RUN.sub(r"\1", key)
