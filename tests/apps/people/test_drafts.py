"""From the fields of a row to a draft, or to the one field that stands in the way."""

import pytest

from apps.people.address import parse
from apps.people.drafts import RefusedRow, draft
from apps.people.errors import Refused
from apps.people.profile import Draft


def test_all_fields() -> None:
    fields = {
        "id": 7,
        "address": "Ada@example.org",
        "name": " Ada ",
        "locale": "pt_br",
        "time_zone": "europe/lisbon",
        "attributes": {"signed": 3},
    }
    assert draft(fields, 1000) == Draft(parse("Ada@example.org"), "7", "Ada", "pt-BR", "Europe/Lisbon", {"signed": 3})


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_field_says_nothing(nothing: object) -> None:
    fields = dict.fromkeys(("id", "name", "locale", "time_zone", "attributes"), nothing)
    assert draft({"address": "a@example.org", **fields}, 1000) == Draft(parse("a@example.org"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "address"),
        ({"address": 5}, "address"),
        ({"address": "nonsense"}, "address"),
        ({"address": "a@example.org", "name": ["x"]}, "name"),
        ({"address": "a@example.org", "locale": 5}, "locale"),
        ({"address": "a@example.org", "time_zone": {}}, "time_zone"),
        ({"address": "a@example.org", "attributes": "x"}, "attributes"),
        ({"address": "a@example.org", "id": "a@b"}, "id"),
        ({"address": "a@example.org", "nickname": "x"}, "nickname"),
    ],
)
def test_the_refusal_names_the_field(fields: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        draft(fields, 1000)
    assert refusal.value.field == field
    row = RefusedRow.of(3, refusal.value)
    assert (row.line, row.field) == (3, field)
    assert row.reason
