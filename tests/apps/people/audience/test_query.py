from typing import Any

import pytest
from hypothesis import given

from apps.people.audience.query import All, Any_, Between, Country, Has, Is, Language, Not, Signed, parse, to_json
from apps.people.errors import Refused
from tests.apps.people.audience.queries import QUERIES


@given(QUERIES)
def test_a_query_comes_out_of_its_json_as_it_went_in(query: Any) -> None:
    assert parse(to_json(query)) == query


@pytest.mark.parametrize(
    ("document", "query"),
    [
        ({}, All(())),
        ({"country": "gb"}, Country(("GB",))),
        ({"language": ["EN", "pt"]}, Language(("en", "pt"))),
        ({"country": "GB", "signed": "x"}, All((Country(("GB",)), Signed("x")))),
        ({"any": [{"signed": "x"}, {"not": {"signed": "y"}}]}, Any_((Signed("x"), Not(Signed("y"))))),
        ({"attribute": {"name": "plan"}}, Has("plan")),
        ({"attribute": {"name": "plan", "is": True}}, Is("plan", (True,))),
        ({"attribute": {"name": "gifts", "at_least": 2.5}}, Between("gifts", 2.5, None)),
    ],
    ids=str,
)
def test_what_is_written_means(document: Any, query: Any) -> None:
    assert parse(document) == query


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "query"),
        ({"contry": "GB"}, "query.contry"),
        ({"all": {}}, "query.all"),
        ({"any": [{"signed": 5}]}, "query.any[0].signed"),
        ({"not": None}, "query.not"),
        ({"country": [""]}, "query.country"),
        ({"country": "Hant"}, "query.country"),
        ({"country": "_B"}, "query.country"),
        ({"signed": "a\0b"}, "query"),
        ({"attribute": "plan"}, "query.attribute"),
        ({"attribute": {"name": 'a"b'}}, "query.attribute.name"),
        ({"attribute": {"name": "a", "is": [None]}}, "query.attribute.is"),
        ({"attribute": {"name": "a", "is": 1, "at_most": 2}}, "query.attribute"),
        ({"attribute": {"name": "a", "at_least": "1"}}, "query.attribute.at_least"),
        ({"attribute": {"name": "a", "at_least": 2**60}}, "query.attribute.at_least"),
        ({"country": ["GB"] * 1001}, "query.country"),
    ],
    ids=str,
)
def test_what_is_no_query_is_refused_by_its_place(document: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(document)
    assert refused.value.field == field


def test_a_query_has_a_bottom() -> None:
    document: Any = {}
    for _ in range(20):
        document = {"not": document}
    with pytest.raises(Refused, match="nested deeper"):
        parse(document)
