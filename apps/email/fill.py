"""What a prepared template file becomes: fixed text with holes, and the questions that choose between its variants.

A `Skeleton` is text between holes. Which skeleton fits depends on what the file asked about its variables while it was
prepared (is there a name? which plural?); the questions form a tree, because the later ones depend on earlier answers.
Filling walks down that tree with one mail's variables and puts the values into the holes. Pure; any thread.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import escape

Variables = Mapping[str, Any]
Compute = Callable[[Variables], Any]


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a value goes; `escaped` when the place is HTML."""

    compute: Compute
    escaped: bool

    def fill(self, variables: Variables) -> str:
        value = self.compute(variables)
        return str(escape(value)) if self.escaped else str(value)


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """`texts[0] holes[0] texts[1] holes[1] ... texts[-1]`. Equal to itself only: it is looked up by what it is."""

    texts: tuple[str, ...]
    holes: tuple[Hole, ...]

    def fill(self, variables: Variables) -> str:
        pieces = list(self.texts)
        for place, hole in enumerate(self.holes):
            pieces[place] += hole.fill(variables)
        return "".join(pieces)


class Unprepared:
    """In the place of a skeleton: with these answers the file does what holes cannot do, and is rendered in full."""


UNPREPARED = Unprepared()


@dataclass(slots=True)
class Question:
    """Asked of the variables; each answer seen so far leads on to the next question, or to the end.

    `key` tells questions apart: the same one is not asked twice on the way down.
    """

    key: Hashable
    compute: Compute
    answers: dict[Hashable, "Question | Skeleton | Unprepared"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with the answer it was given during a preparation."""

    key: Hashable
    compute: Compute
    answer: Hashable


class Variants:
    """All skeletons of one file, found by walking its questions; grows by `add`, up to `limit`.

    Two threads that add the same variant at once both build it, and one of the equal results stays.
    """

    def __init__(self, limit: int) -> None:
        self._root = Question("names", frozenset)
        self._limit = limit
        self._size = 0

    def find(self, variables: Variables) -> Skeleton | Unprepared | None:
        """What these variables lead to; None when nobody with such answers came by before."""
        node: Question | Skeleton | Unprepared | None = self._root
        while isinstance(node, Question):
            node = node.answers.get(node.compute(variables))
        return node

    @property
    def full(self) -> bool:
        return self._size >= self._limit

    def add(self, names: frozenset[str], asked: list[Asked], end: Skeleton | Unprepared) -> None:
        """Remember where the answers lead to."""
        node, answer = self._root, names
        way: Hashable = answer
        for question in asked:
            known = node.answers.setdefault(way, Question(question.key, question.compute))
            if not isinstance(known, Question) or known.key != question.key:
                return  # another preparation saw it differently: not ours to mend, this mail was rendered in full
            node, way = known, question.answer
        if way not in node.answers:
            node.answers[way] = end
            self._size += 1
