"""A segment: a query over the members of a leader, read from JSON and written to JSON. Pure; any thread.

    {}                                                   all who joined
    {"tag": "vip"}   {"tag": ["vip", "press"]}           who has one of these tags
    {"place": "Leeds"}                                   what they said about where they live, in any case of letters
    {"country": ["GB", "IE"]}                            of their number, unless they said otherwise
    {"language": "en"}                                   the language they read in
    {"age": {"at_least": 18, "at_most": 30}}             in years; only the year of birth is known, so: who surely is
    {"active": {"within_days": 30}}                      who wrote in the last 30 days
    {"joined": {"within_days": 7}}                       who joined in the last 7 days
    {"answered": {"name": "team", "is": ["red"]}}        who answered a question so; also at_least, at_most
    {"answered": "team"}                                 who answered it at all
    {"all": [...]}   {"any": [...]}   {"not": ...}       and, or, not: see `apps.people.audience.logic`

Members who left are in no segment, whatever it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from apps.people.audience import logic
from apps.people.audience.logic import All, Logic
from apps.people.audience.query import (
    Between,
    Country,
    Has,
    Is,
    Language,
    a_word,
    bounds,
    bounds_to_json,
    country,
    named_value,
    named_value_to_json,
    words,
)
from apps.people.errors import Refused

MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Tag:
    """One of these tags."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One of these places, in lower case."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Age:
    """Surely between these numbers of years, whatever the day of birth; None is no bound. Not without a year."""

    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Active:
    """Wrote within so many days."""

    days: float


@dataclass(frozen=True, slots=True)
class Joined:
    """Joined within so many days."""

    days: float


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a question is there, or one of some values, or within bounds."""

    value: Has | Is | Between


Leaf = Tag | Place | Country | Language | Age | Active | Joined | Answered
Segment: TypeAlias = Logic[Leaf]
EVERYBODY: Segment = All(())


def parse(document: Any, field: str = "segment") -> Segment:
    """Raises Refused, with the place in the document."""
    return logic.parse(document, _leaf, '{"tag": "vip"}', field)


def to_json(segment: Segment) -> dict[str, Any]:
    """What `parse` reads as the same segment."""
    return logic.to_json(segment, _leaf_to_json)


def _leaf(word: str, value: Any, field: str) -> Leaf:
    match word:
        case "tag":
            return Tag(words(value, field))
        case "place":
            return Place(tuple(name.casefold() for name in words(value, field)))
        case "country":
            return Country(tuple(country(code, field) for code in words(value, field)))
        case "language":
            return Language(tuple(tag.lower() for tag in words(value, field)))
        case "age":
            return Age(*_age(value, field))
        case "active":
            return Active(_days(value, field))
        case "joined":
            return Joined(_days(value, field))
        case "answered":
            return Answered(named_value({"name": value} if isinstance(value, str) else value, field))
    known = "all, any, not, tag, place, country, language, age, active, joined, answered"
    raise Refused(field, f"is not known; there are {known}", a_word(word, field))


def _leaf_to_json(leaf: Leaf) -> dict[str, Any]:
    match leaf:
        case Tag(names):
            return {"tag": list(names)}
        case Place(names):
            return {"place": list(names)}
        case Country(codes):
            return {"country": list(codes)}
        case Language(tags):
            return {"language": list(tags)}
        case Age(least, most):
            return {"age": bounds_to_json(least, most)}
        case Active(days):
            return {"active": {"within_days": days}}
        case Joined(days):
            return {"joined": {"within_days": days}}
        case Answered(value):
            return {"answered": named_value_to_json(value)}
    assert_never(leaf)


def _age(value: Any, field: str) -> tuple[float | None, float | None]:
    if not isinstance(value, Mapping) or not value or not value.keys() <= {"at_least", "at_most"}:
        raise Refused(field, "must be an object of at_least, at_most, or both", value)
    return bounds(value, field)


def _days(value: Any, field: str) -> float:
    if not isinstance(value, Mapping) or value.keys() != {"within_days"}:
        raise Refused(field, 'must be an object such as {"within_days": 30}', value)
    days = value["within_days"]
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 < days <= MAX_DAYS:
        raise Refused(f"{field}.within_days", f"must be a number of days up to {MAX_DAYS}", days)
    return days
