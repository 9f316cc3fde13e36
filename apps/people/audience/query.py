"""A query over people: its words, read from JSON and written to JSON. Pure; any thread.

    {}                                                       everybody
    {"country": "GB"}   {"country": ["GB", "IE"]}            one of these countries
    {"language": ["en", "pt"]}                               the language they read in
    {"signed": "mill-lane-trees"}                            who signed this petition
    {"attribute": {"name": "plan", "is": ["pro", "team"]}}   an attribute that is one of these values
    {"attribute": {"name": "gifts", "at_least": 3, "at_most": 9}}    a number in these bounds
    {"attribute": {"name": "plan"}}                          it is there, whatever it is
    {"all": [...]}   {"any": [...]}   {"not": ...}           and, or, not

Several keys in one object mean all of them. A person's country is their attribute `country`, if that is text, else the
region of their locale.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from apps.people.errors import Refused
from apps.people.text import check_json

MAX_DEPTH = 16
MAX_VALUES = 1000
MAX_NAME_CHARACTERS = 100
#: Beyond that a number is not the same in every program that reads JSON.
MAX_NUMBER = 2**53

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these; without any, everybody."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Any_:
    """At least one of these; without any, nobody."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everybody else."""

    part: "Query"


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


Query = All | Any_ | Not | Country | Language | Signed | Has | Is | Between
EVERYBODY = All(())


def parse(document: Any, field: str = "query", depth: int = 1) -> Query:
    """Raises Refused, with the place in the document."""
    if depth > MAX_DEPTH:
        raise Refused(field, f"is nested deeper than {MAX_DEPTH} levels")
    if not isinstance(document, Mapping):
        raise Refused(field, 'must be an object such as {"country": "GB"}', document)
    check_json(field, document)
    parts = [_part(word, value, f"{field}.{word}", depth) for word, value in document.items()]
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def to_json(query: Query) -> dict[str, Any]:
    """What `parse` reads as the same query."""
    match query:
        case All(parts):
            return {"all": [to_json(part) for part in parts]}
        case Any_(parts):
            return {"any": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}
        case Country(codes):
            return {"country": list(codes)}
        case Language(tags):
            return {"language": list(tags)}
        case Signed(petition):
            return {"signed": petition}
        case Has(name):
            return {"attribute": {"name": name}}
        case Is(name, values):
            return {"attribute": {"name": name, "is": list(values)}}
        case Between(name, least, most):
            bounds = {"at_least": least, "at_most": most}
            return {"attribute": {"name": name, **{key: value for key, value in bounds.items() if value is not None}}}
    assert_never(query)


def _part(word: str, value: Any, field: str, depth: int) -> Query:
    match word:
        case "all" | "any":
            if not isinstance(value, list) or len(value) > MAX_VALUES:
                raise Refused(field, f"must be a list of at most {MAX_VALUES} queries", value)
            parts = tuple(parse(part, f"{field}[{number}]", depth + 1) for number, part in enumerate(value))
            return All(parts) if word == "all" else Any_(parts)
        case "not":
            return Not(parse(value, field, depth + 1))
        case "country":
            return Country(tuple(_country(code, field) for code in _words(value, field)))
        case "language":
            return Language(tuple(tag.lower() for tag in _words(value, field)))
        case "signed":
            return Signed(_word(value, field))
        case "attribute":
            return _attribute(value, field)
    known = "all, any, not, country, language, signed, attribute"
    raise Refused(field, f"is not known; there are {known}", value)


def _attribute(value: Any, field: str) -> Query:
    if not isinstance(value, Mapping) or not value.keys() <= {"name", "is", "at_least", "at_most"}:
        raise Refused(field, "must be an object of name, and is or at_least and at_most", value)
    name = _word(value.get("name"), f"{field}.name")
    if any(character in '"\\' or not character.isprintable() for character in name):
        raise Refused(f"{field}.name", "cannot hold quotes, backslashes or what cannot be printed", name)
    if "is" in value:
        if "at_least" in value or "at_most" in value:
            raise Refused(field, "has both a value and bounds", value)
        return Is(name, tuple(_scalar(one, f"{field}.is") for one in _listed(value["is"], f"{field}.is")))
    bounds = [_number(value[key], f"{field}.{key}") if key in value else None for key in ("at_least", "at_most")]
    return Has(name) if bounds == [None, None] else Between(name, *bounds)


def _listed(value: Any, field: str) -> Sequence[Any]:
    found = value if isinstance(value, list) else [value]
    if len(found) > MAX_VALUES:
        raise Refused(field, f"are more than {MAX_VALUES} values")
    return found


def _words(value: Any, field: str) -> tuple[str, ...]:
    return tuple(_word(one, field) for one in _listed(value, field))


def _word(value: Any, field: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME_CHARACTERS:
        raise Refused(field, f"must be text of 1 to {MAX_NAME_CHARACTERS} characters", value)
    return value


def _country(code: str, field: str) -> str:
    """Two letters of ISO 3166, or three digits of UN M.49: what a locale's region can be."""
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
