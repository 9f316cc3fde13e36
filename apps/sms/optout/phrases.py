"""Clauses that ask to stop, or to start again. Pure; any thread."""

# ruff: noqa: RUF001  punctuation of other scripts looks like ours

import re
from dataclasses import dataclass

from apps.sms.optout.folding import clauses, fold, words
from apps.sms.optout.wording import ALL, NOT_ALL, POLITE, SENTENCES, START, STOP
from apps.sms.optout.words import Wish

#: Written without blanks between words, so a pattern may end inside one.
_WITHOUT_BLANKS = frozenset({"zh", "ja", "ko", "th"})
_ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a clause asks, and the words that say so."""

    wish: Wish
    matched: str


def find(folded: str) -> Phrase | None:
    """The first clause that asks to stop; without one, the first that asks to start again."""
    found = clauses(folded)
    if said := _alone(folded):
        return Phrase(Wish.STOP, said)
    for clause in found:
        if match := _STOPS.match(clause):
            whole = _ALL.search(_NOT_ALL.sub("", clause)) is not None
            return Phrase(Wish.STOP_ALL if whole else Wish.STOP, match.group())
    for clause in found:
        if match := _STARTS.match(clause):
            return Phrase(Wish.START, match.group())
    return None


def _alone(folded: str) -> str | None:
    """A sentence of one word to leave, first or last of a text: "Stop. I gave already." """
    sentences = [" ".join(words(part)) for part in _SENTENCE_ENDS.split(folded)]
    said = [sentence for sentence in sentences if sentence]
    return next((sentence for sentence in (said[:1] + said[-1:]) if sentence in SENTENCES), None)


def _of(language: str, patterns: tuple[str, ...]) -> str:
    before = POLITE if language == _ENGLISH else ""
    after = "" if language in _WITHOUT_BLANKS else r"(?!\w)"
    return fold(f"{before}(?:{'|'.join(patterns)}){after}")


_SENTENCE_ENDS = re.compile(r"[.!?\n\r。！？।]+")
_STOPS = re.compile("|".join(_of(language, patterns) for language, patterns in STOP.items()))
_STARTS = re.compile(_of(_ENGLISH, START))
_ALL = re.compile(ALL)
_NOT_ALL = re.compile(NOT_ALL)
