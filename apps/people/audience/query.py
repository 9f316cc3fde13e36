"""A query over people: its words, read from JSON and written to JSON. Pure; any thread.

    {}                                                       everybody
    {"country": "GB"}   {"country": ["GB", "IE"]}            one of these countries
    {"language": ["en", "pt"]}                               the language they read in
    {"signed": "mill-lane-trees"}                            who signed this petition
    {"attribute": {"name": "plan", "is": ["pro", "team"]}}   an attribute that is one of these values
    {"attribute": {"name": "gifts", "at_least": 3, "at_most": 9}}    a number in these bounds
    {"attribute": {"name": "plan"}}                          it is there, whatever it is

How they are put together is told in `logic`. A person's country is their attribute `country`, if that is text, else the
region of their locale.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from apps.people.audience import logic
from apps.people.audience.logic import All, Any_, Logic, Not
from apps.people.errors import Refused

__all__ = ["EVERYBODY", "All", "Any_", "Between", "Country", "Has", "Is", "Language", "Not", "Query", "Signed"]

MAX_VALUES = 1000
MAX_NAME_CHARACTERS = 100
#: Beyond that a number is not the same in every program that reads JSON.
MAX_NUMBER = 2**53

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Country:
    """One of these ISO 3166 codes."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """One of these language subtags."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed this petition."""

    petition: str


@dataclass(frozen=True, slots=True)
class Has:
    """The attribute is there."""

    name: str


@dataclass(frozen=True, slots=True)
class Is:
    """The attribute is one of these values, of the same kind: 1 is not true, nor "1"."""

    name: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The attribute is a number within these bounds, both included; None is no bound."""

    name: str
    least: int | float | None
    most: int | float | None


Leaf = Country | Language | Signed | Has | Is | Between
Query: TypeAlias = Logic[Leaf]
EVERYBODY: Query = All(())


def parse(document: Any, field: str = "query") -> Query:
    """Raises Refused, with the place in the document."""
    return logic.parse(document, _leaf, '{"country": "GB"}', field)


def to_json(query: Query) -> dict[str, Any]:
    """What `parse` reads as the same query."""
    return logic.to_json(query, _leaf_to_json)


def _leaf_to_json(leaf: Leaf) -> dict[str, Any]:
    match leaf:
        case Country(codes):
            return {"country": list(codes)}
        case Language(tags):
            return {"language": list(tags)}
        case Signed(petition):
            return {"signed": petition}
        case Has() | Is() | Between():
            return {"attribute": named_value_to_json(leaf)}
    assert_never(leaf)


def named_value_to_json(leaf: Has | Is | Between) -> dict[str, Any]:
    """What `named_value` reads as the same."""
    match leaf:
        case Has(name):
            return {"name": name}
        case Is(name, values):
            return {"name": name, "is": list(values)}
        case Between(name, least, most):
            return {"name": name, **bounds_to_json(least, most)}
    assert_never(leaf)


def bounds_to_json(least: float | None, most: float | None) -> dict[str, float]:
    """What `bounds` reads as the same."""
    found = {"at_least": least, "at_most": most}
    return {key: value for key, value in found.items() if value is not None}


def _leaf(word: str, value: Any, field: str) -> Leaf:
    match word:
        case "country":
            return Country(tuple(country(code, field) for code in words(value, field)))
        case "language":
            return Language(tuple(tag.lower() for tag in words(value, field)))
        case "signed":
            return Signed(a_word(value, field))
        case "attribute":
            return named_value(value, field)
    known = "all, any, not, country, language, signed, attribute"
    raise Refused(field, f"is not known; there are {known}", value)


def named_value(value: Any, field: str) -> Has | Is | Between:
    """Raises Refused."""
    if not isinstance(value, Mapping) or not value.keys() <= {"name", "is", "at_least", "at_most"}:
        raise Refused(field, "must be an object of name, and is or at_least and at_most", value)
    name = a_word(value.get("name"), f"{field}.name")
    if any(character in '"\\' or not character.isprintable() for character in name):
        raise Refused(f"{field}.name", "cannot hold quotes, backslashes or what cannot be printed", name)
    if "is" in value:
        if "at_least" in value or "at_most" in value:
            raise Refused(field, "has both a value and bounds", value)
        return Is(name, tuple(_scalar(one, f"{field}.is") for one in _listed(value["is"], f"{field}.is")))
    least, most = bounds(value, field)
    return Has(name) if least is None and most is None else Between(name, least, most)


def bounds(value: Mapping[str, Any], field: str) -> tuple[float | None, float | None]:
    """`at_least` and `at_most`. Raises Refused."""
    least, most = (_number(value[key], f"{field}.{key}") if key in value else None for key in ("at_least", "at_most"))
    return least, most


def _listed(value: Any, field: str) -> Sequence[Any]:
    found = value if isinstance(value, list) else [value]
    if len(found) > MAX_VALUES:
        raise Refused(field, f"are more than {MAX_VALUES} values")
    return found


def words(value: Any, field: str) -> tuple[str, ...]:
    """One or several. Raises Refused."""
    return tuple(a_word(one, field) for one in _listed(value, field))


def a_word(value: Any, field: str) -> str:
    """Raises Refused."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME_CHARACTERS:
        raise Refused(field, f"must be text of 1 to {MAX_NAME_CHARACTERS} characters", value)
    return value


def country(code: str, field: str) -> str:
    """Two letters of ISO 3166, or three digits of UN M.49: what a locale's region can be. Raises Refused."""
    if not code.isascii() or not ((len(code) == 2 and code.isalpha()) or (len(code) == 3 and code.isdigit())):
        raise Refused(field, "must be a country code like GB, or a region like 419", code)
    return code.upper()


def _scalar(value: Any, field: str) -> Scalar:
    return value if isinstance(value, str | bool) else _number(value, field)


def _number(value: Any, field: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(field, "must be text, a number, true or false" if field.endswith("is") else "must be a number")
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise Refused(field, f"must be between -{MAX_NUMBER} and {MAX_NUMBER}", value)
    return value
