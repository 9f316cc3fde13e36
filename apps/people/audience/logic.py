"""And, or, not over anything: how queries are put together, read from JSON and written to it. Pure; any thread.

    {"all": [...]}   {"any": [...]}   {"not": ...}           and, or, not

Several keys in one object mean all of them; none means everybody. The other words are the caller's: it reads each into
a leaf of its own type.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from apps.people.errors import Refused
from apps.people.text import check_json

MAX_DEPTH = 16
MAX_PARTS = 1000

Leaf = TypeVar("Leaf")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class All(Generic[Leaf]):
    """Every one of these; without any, everybody."""

    parts: tuple["Logic[Leaf]", ...]


@dataclass(frozen=True, slots=True)
class Any_(Generic[Leaf]):
    """At least one of these; without any, nobody."""

    parts: tuple["Logic[Leaf]", ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[Leaf]):
    """Everybody else."""

    part: "Logic[Leaf]"


Logic: TypeAlias = All[Leaf] | Any_[Leaf] | Not[Leaf] | Leaf
#: A word, what was said with it, and its place, to a leaf. Raises Refused.
Reader = Callable[[str, Any, str], Leaf]


def parse(document: Any, leaf: Reader[Leaf], example: str, field: str = "query") -> Logic[Leaf]:
    """Raises Refused, with the place in the document; `example` shows how a query looks."""
    return _Reading(leaf, example).read(document, field, 1)


def to_json(query: Any, leaf: Callable[[Leaf], dict[str, Any]]) -> dict[str, Any]:
    """What `parse` reads as the same query."""
    return fold(query, leaf, lambda parts: {"all": parts}, lambda parts: {"any": parts}, lambda part: {"not": part})


def fold(
    query: Any,
    leaf: Callable[[Leaf], Answer],
    every: Callable[[list[Answer]], Answer],
    some: Callable[[list[Answer]], Answer],
    no: Callable[[Answer], Answer],
) -> Answer:
    """The answer of a query (`Logic[Leaf]`, which mypy cannot infer from a union) from those of its leaves."""

    def answer(part: Any) -> Answer:
        match part:
            case All(parts):
                return every([answer(one) for one in parts])
            case Any_(parts):
                return some([answer(one) for one in parts])
            case Not(inner):
                return no(answer(inner))
        return leaf(part)

    return answer(query)


class _Reading(Generic[Leaf]):
    def __init__(self, leaf: Reader[Leaf], example: str) -> None:
        self._leaf = leaf
        self._example = example

    def read(self, document: Any, field: str, depth: int) -> Logic[Leaf]:
        if depth > MAX_DEPTH:
            raise Refused(field, f"is nested deeper than {MAX_DEPTH} levels")
        if not isinstance(document, Mapping):
            raise Refused(field, f"must be an object such as {self._example}", document)
        check_json(field, document)
        parts = [self._part(word, value, f"{field}.{word}", depth) for word, value in document.items()]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _part(self, word: str, value: Any, field: str, depth: int) -> Logic[Leaf]:
        match word:
            case "all":
                return All(self._parts(value, field, depth))
            case "any":
                return Any_(self._parts(value, field, depth))
            case "not":
                return Not(self.read(value, field, depth + 1))
        return self._leaf(word, value, field)

    def _parts(self, value: Any, field: str, depth: int) -> tuple[Logic[Leaf], ...]:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_PARTS:
            raise Refused(field, f"must be a list of at most {MAX_PARTS} queries", value)
        return tuple(self.read(part, f"{field}[{number}]", depth + 1) for number, part in enumerate(value))
