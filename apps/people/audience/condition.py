"""A query as a condition on `people_profiles`, with every value bound. Values only; any thread.

Each part is true or false and never unknown, so that NOT means everybody else. An index is needed for signatures only:
whatever the query, a freeze walks once through all people in the order of their ids.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar, assert_never

from sqlalchemy import (
    ColumnElement,
    Float,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from apps.people.audience.logic import fold
from apps.people.audience.query import Between, Country, Has, Is, Language, Leaf, Query, Scalar, Signed
from apps.people.tables import profiles, signatures

Condition = ColumnElement[bool]
AnyLeaf = TypeVar("AnyLeaf")


def condition(query: Query, dialect: str) -> Condition:
    """Who is meant."""
    return put_together(query, partial(_leaf, dialect=dialect))


def put_together(query: Any, leaf: Callable[[AnyLeaf], Condition]) -> Condition:
    """The condition of a query from those of its leaves, each of which is true or false and never unknown."""
    return fold(query, leaf, lambda parts: and_(true(), *parts), lambda parts: or_(false(), *parts), not_)


def _leaf(leaf: Leaf, dialect: str) -> Condition:
    match leaf:
        case Country(codes):
            said = Named(profiles.c.attributes, "country", dialect)
            return case((said.is_text(), said.is_one_of(codes)), else_=_ends_like(codes))
        case Language(tags):
            return speaks(profiles.c.locale, tags)
        case Signed(petition):
            mine = and_(signatures.c.petition == petition, signatures.c.person == profiles.c.id)
            return exists().where(mine)
        case Has() | Is() | Between():
            return has_value(profiles.c.attributes, leaf, dialect)
    assert_never(leaf)


def _ends_like(codes: Iterable[str]) -> Condition:
    locale = profiles.c.locale
    return func.coalesce(or_(false(), *(locale.endswith(f"-{code}", autoescape=True) for code in codes)), false())


def speaks(locale: ColumnElement[Any], tags: Iterable[str]) -> Condition:
    """Whether a locale is one of these languages."""
    found = [or_(locale == tag, locale.startswith(f"{tag}-", autoescape=True)) for tag in tags]
    return func.coalesce(or_(false(), *found), false())


def has_value(column: ColumnElement[Any], leaf: Has | Is | Between, dialect: str) -> Condition:
    """Whether an object of JSON has such a value under such a name."""
    named = Named(column, leaf.name, dialect)
    match leaf:
        case Has():
            return named.is_there()
        case Is(_, values):
            return named.is_one_of(values)
        case Between(_, least, most):
            return named.is_between(least, most)
    assert_never(leaf)


class Named:
    """A value under its name in a column of JSON objects, in the words of either engine."""

    def __init__(self, column: ColumnElement[Any], name: str, dialect: str) -> None:
        self._postgresql = dialect == "postgresql"
        if self._postgresql:
            self._value: ColumnElement[Any] = func.jsonb_extract_path(column, name, type_=JSONB)
            self._kind: ColumnElement[Any] = func.jsonb_typeof(self._value)
        else:
            path = f'$."{name}"'
            self._value = func.json_extract(column, path)
            self._kind = func.json_type(column, path)

    def is_there(self) -> Condition:
        return self._kind.is_not(None)

    def is_text(self) -> Condition:
        return self._is_a("string" if self._postgresql else "text")

    def is_one_of(self, values: Iterable[Scalar]) -> Condition:
        return or_(false(), *map(self._is, values))

    def is_between(self, least: float | None, most: float | None) -> Condition:
        bounds = [self._value >= self._bound(least)] if least is not None else []
        bounds += [self._value <= self._bound(most)] if most is not None else []
        return func.coalesce(and_(self._is_number(), *bounds), false())

    def _is(self, value: Scalar) -> Condition:
        if self._postgresql:
            return func.coalesce(self._value == self._bound(value), false())
        if isinstance(value, bool):
            return self._is_a(str(value).lower())
        kind = self.is_text() if isinstance(value, str) else self._is_number()
        return func.coalesce(and_(kind, self._value == self._bound(value)), false())

    def _is_number(self) -> Condition:
        return self._is_a("number") if self._postgresql else self._is_a("integer", "real")

    def _is_a(self, *kinds: str) -> Condition:
        return func.coalesce(self._kind.in_(kinds), false())

    def _bound(self, value: Scalar | None) -> ColumnElement[Any]:
        """Bound as the kind it has: JSONB's numbers are compared as numbers, its text as text."""
        if self._postgresql:
            return cast(bindparam(None, json.dumps(value), type_=String()), JSONB)
        return literal(value, Float() if isinstance(value, float) else None)
