"""The database's answer is that of the query evaluated in Python, person by person, on both engines."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Connection, insert

from apps.people.audience import store
from apps.people.audience.matching import matches
from apps.people.audience.query import Any_, Country, Has, Is, Language, Not, Query, Signed
from apps.people.tables import profiles, signatures
from tests.apps.people.audience.queries import PEOPLE, QUERIES
from tests.apps.people.conftest import NOW

Person = tuple[str | None, dict[str, Any], frozenset[str]]


def answer(connection: Connection, query: Query, people: list[Person]) -> set[int]:
    """Whom the database finds; it forgets these people again."""
    with connection.begin_nested() as these:
        for number, (locale, attributes, signed) in enumerate(people):
            known = {"id": str(number), "key": str(number), "address": "a@b.example", "created_at": NOW}
            row = {**known, "updated_at": NOW, "locale": locale, "attributes": attributes}
            connection.execute(insert(profiles), row)
            for petition in signed:
                connection.execute(insert(signatures), {"petition": petition, "person": str(number), "at": NOW})
        found = {int(id) for id in connection.execute(store.meant(connection, query)).scalars()}
        assert store.count(connection, query) == len(found)
        these.rollback()
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(QUERIES, PEOPLE)
def test_the_database_means_the_same_people(connection: Connection, query: Query, people: list[Person]) -> None:
    expected = {number for number, person in enumerate(people) if matches(query, *person)}
    assert answer(connection, query, people) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Country(("GB",)), {0, 3}),
        (Not(Country(("GB",))), {1, 2, 4}),
        (Language(("en",)), {0, 1}),
        (Not(Language(("en",))), {2, 3, 4}),
        (Signed("trees"), {1}),
        (Is("gifts", (1,)), {1}),
        (Is("gifts", (True,)), {2}),
        (Is("gifts", ("1",)), {3}),
        (Has("gifts"), {1, 2, 3}),
        (Any_(()), set()),
    ],
    ids=str,
)
def test_who_is_meant(connection: Connection, query: Query, expected: set[int]) -> None:
    people: list[Person] = [
        ("en-GB", {}, frozenset()),
        ("en", {"gifts": 1.0}, frozenset({"trees"})),
        ("pt-BR", {"gifts": True}, frozenset()),
        (None, {"gifts": "1", "country": "GB"}, frozenset()),
        (None, {}, frozenset()),
    ]
    assert answer(connection, query, people) == expected
    assert {number for number, person in enumerate(people) if matches(query, *person)} == expected
