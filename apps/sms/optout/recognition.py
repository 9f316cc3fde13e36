"""What a text asks of whoever sends texts: to stop, to start again, to help. Pure; any thread.

First the words that stand alone, then reasonable wording. A text that only contains such a word asks nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.sms.optout import folding, phrases
from apps.sms.optout.words import FILLERS, LOCAL, WORDS, Scope, Wish

#: Longer texts are stories; nobody unsubscribes in more words than that.
MOST_CHARACTERS = 320
MOST_CHARACTERS_ALONE = 80
MOST_WORDS_POLITELY = 8
_FEWEST_LETTERS_OF_A_RUN = 4
_ANYWHERE = ""


class Sure(StrEnum):
    """How sure it is: the word itself, the word but for accents and punctuation, or a sentence that says so."""

    EXACT = "exact"
    VARIANT = "variant"
    WORDING = "wording"


@dataclass(frozen=True, slots=True)
class Stop:
    """No more texts. `matched` is the word, or what the sentence was recognised by."""

    scope: Scope
    sure: Sure
    matched: str


@dataclass(frozen=True, slots=True)
class Start:
    """Texts again."""

    sure: Sure
    matched: str


@dataclass(frozen=True, slots=True)
class Help:
    """Who is this, and how does one leave?"""

    sure: Sure
    matched: str


Recognised = Stop | Start | Help


def recognise(text: str, locale: str | None = None, *, asked: bool = False) -> Recognised | None:
    """What a text asks; None for all that is ordinary.

    `locale` (any form: `de`, `de-AT`, `de_AT`) adds words that mean something else elsewhere. `asked`: whether this
    somebody was asked to join, so that a yes is an opt-in.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    folded = folding.fold(text)
    language = _language(locale)
    found = _by_word(text, folding.words(folded), language)
    if found is not None and found[0] is not Wish.YES:
        return _as_recognised(*found)
    if asked and (found is not None or _polite_yes(folded, language)):
        return Start(*(found[1:] if found is not None else (Sure.WORDING, folded)))
    phrase = phrases.find(folded)
    return None if phrase is None else _as_recognised(phrase.wish, Sure.WORDING, phrase.matched)


def stands_alone(text: str, locale: str | None = None) -> bool:
    """Whether a text is one of the words and little else, so that it may overtake others. A yes is not: it is an answer
    to something, and keeps its place.
    """
    if len(text) > MOST_CHARACTERS_ALONE:
        return False
    found = _by_word(text, folding.words(folding.fold(text)), _language(locale))
    return found is not None and found[0] is not Wish.YES


def _by_word(text: str, some: list[str], language: str) -> tuple[Wish, Sure, str] | None:
    """The word that a text is, alone or with nothing but politeness around it."""
    key = folding.key(some)
    if (wish := _look_up(_EXACT, text.strip().casefold(), language)) is not None:
        return wish, Sure.EXACT, key
    if (wish := _look_up(_FOLDED, key, language)) is not None:
        return wish, Sure.VARIANT, key
    short = folding.without_runs(key)
    if len(short) >= _FEWEST_LETTERS_OF_A_RUN and (wish := _look_up(_RUNS, short, language)) is not None:
        return wish, Sure.VARIANT, short
    return _politely(some, language)


def _politely(some: list[str], language: str) -> tuple[Wish, Sure, str] | None:
    """One word to leave or to start, said once or more, with fillers: "ok stop please", "STOP STOP"."""
    said = {word for word in some if word not in FILLERS}
    if len(said) != 1 or len(some) > MOST_WORDS_POLITELY:
        return None
    (word,) = said
    wish = _look_up(_FOLDED, word, language)
    return (wish, Sure.WORDING, word) if wish in (Wish.STOP, Wish.STOP_ALL, Wish.START) else None


def _polite_yes(folded: str, language: str) -> bool:
    said = [word for word in folding.words(folded) if word not in FILLERS]
    return len(said) == 1 and _look_up(_FOLDED, said[0], language) is Wish.YES


def _as_recognised(wish: Wish, sure: Sure, matched: str) -> Recognised:
    match wish:
        case Wish.STOP:
            return Stop(Scope.THIS, sure, matched)
        case Wish.STOP_ALL:
            return Stop(Scope.ALL, sure, matched)
        case Wish.HELP:
            return Help(sure, matched)
        case _:
            return Start(sure, matched)


def _language(locale: str | None) -> str:
    return (locale or "").replace("_", "-").partition("-")[0].lower()


_Table = Mapping[tuple[str, str], Wish]


def _look_up(table: _Table, key: str, language: str) -> Wish | None:
    return table.get((_ANYWHERE, key)) or table.get((language, key))


def _written() -> Iterator[tuple[str, Wish, str]]:
    """Each word with where it counts. The first that claims a word has it."""
    for where, by_wish in (
        *((_ANYWHERE, wishes) for wishes in WORDS.values()),
        *LOCAL.items(),
    ):
        for wish, listed in by_wish.items():
            for word in listed.split(", "):
                yield where, wish, word


def _table(fold: bool, runs: bool = False) -> _Table:
    table: dict[tuple[str, str], Wish] = {}
    for where, wish, word in _written():
        key = folding.key(folding.words(folding.fold(word))) if fold else word.casefold()
        table.setdefault((where, folding.without_runs(key) if runs else key), wish)
    return table


_EXACT = _table(fold=False)
_FOLDED = _table(fold=True)
_RUNS = _table(fold=True, runs=True)
