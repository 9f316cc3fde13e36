"""Whether a query means a person, of whom everything is at hand. Pure; any thread.

This is what a query means: `condition` has the database say the same of all people at once.
"""

from collections.abc import Mapping
from typing import Any, assert_never

from apps.people.audience.query import All, Any_, Between, Country, Has, Is, Language, Not, Query, Scalar, Signed


def matches(query: Query, locale: str | None, attributes: Mapping[str, Any], signed: frozenset[str]) -> bool:
    """Whether it means a person with this locale and these attributes who signed these petitions."""

    def holds(part: Query) -> bool:
        match part:
            case All(parts):
                return all(map(holds, parts))
            case Any_(parts):
                return any(map(holds, parts))
            case Not(inner):
                return not holds(inner)
            case Country(codes):
                return country_of(locale, attributes) in codes
            case Language(tags):
                return locale is not None and locale.partition("-")[0] in tags
            case Signed(petition):
                return petition in signed
            case Has(name):
                return name in attributes
            case Is(name, values):
                return any(_same(attributes.get(name), value) for value in values)
            case Between(name, least, most):
                return _within(attributes.get(name), least, most)
        assert_never(part)

    return holds(query)


def country_of(locale: str | None, attributes: Mapping[str, Any]) -> str | None:
    """The attribute, else the region of the locale, which is canonical: language[-Script][-REGION]."""
    said = attributes.get("country")
    if isinstance(said, str):
        return said
    last = (locale or "").split("-")[1:][-1:]
    return last[0] if last and len(last[0]) != 4 else None


def _same(found: Any, value: Scalar) -> bool:
    return _kind(found) is _kind(value) and bool(found == value)


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _within(found: Any, least: float | None, most: float | None) -> bool:
    if _kind(found) is not float:
        return False
    return (least is None or found >= least) and (most is None or found <= most)
