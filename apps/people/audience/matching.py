"""Whether a query means a person, of whom everything is at hand. Pure; any thread.

This is what a query means: `condition` has the database say the same of all people at once.
"""

import operator
from collections.abc import Mapping
from typing import Any, assert_never

from apps.people.audience.logic import fold
from apps.people.audience.query import Between, Country, Has, Is, Language, Leaf, Query, Scalar, Signed


def matches(query: Query, locale: str | None, attributes: Mapping[str, Any], signed: frozenset[str]) -> bool:
    """Whether it means a person with this locale and these attributes who signed these petitions."""

    def holds(leaf: Leaf) -> bool:
        match leaf:
            case Country(codes):
                return country_of(locale, attributes) in codes
            case Language(tags):
                return locale is not None and locale.partition("-")[0] in tags
            case Signed(petition):
                return petition in signed
            case Has() | Is() | Between():
                return has_value(attributes, leaf)
        assert_never(leaf)

    return fold(query, holds, all, any, operator.not_)


def has_value(values: Mapping[str, Any], leaf: Has | Is | Between) -> bool:
    """Whether there is such a value under such a name."""
    match leaf:
        case Has(name):
            return name in values
        case Is(name, wanted):
            return any(_same(values.get(name), value) for value in wanted)
        case Between(name, least, most):
            return _within(values.get(name), least, most)
    assert_never(leaf)


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
