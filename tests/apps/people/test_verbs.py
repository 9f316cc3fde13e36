"""The verbs through JSON, on both engines."""

from typing import Any

import pytest

from supervision.control import RemoteError
from tests.supervision.answering import Root


def rows(*people: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"line": line, "fields": fields} for line, fields in enumerate(people, start=2)]


def add_ada(root: Root) -> None:
    root.call("people.import", rows=rows({"address": "Ada@example.org", "id": "ada", "name": "Ada"}))


def refusal(root: Root, verb: str, **params: Any) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        root.call(verb, **params)
    return caught.value


def test_import_answers_for_every_row(root: Root) -> None:
    add_ada(root)
    people = rows(
        {"address": "ada@example.org", "locale": "fr"},
        {"address": "bob@example.org"},
        {"address": "nonsense"},
        {"address": "ada@example.org", "id": "eve"},
        {"address": "ada@example.org"},
    )
    answer = root.call("people.import", rows=people)
    assert [answer[key] for key in ("inserted", "updated", "unchanged")] == [1, 1, 1]
    assert [(row["line"], row["field"]) for row in answer["refused"]] == [(4, "address"), (5, "address")]
    assert answer["refused"][1]["reason"] == "belongs to person ada already"


def test_a_dry_run_keeps_nothing(root: Root) -> None:
    answer = root.call("people.import", rows=rows({"address": "ada@example.org"}), dry_run=True)
    assert answer["inserted"] == 1
    assert refusal(root, "people.show", who="ada@example.org").status == 404


def test_show_by_address_and_by_id(root: Root) -> None:
    add_ada(root)
    answer = root.call("people.show", who="ADA@example.org")
    assert answer == root.call("people.show", who="ada")
    profile = answer["profile"]
    assert (profile["id"], profile["address"], profile["name"]) == ("ada", "Ada@example.org", "Ada")
    assert profile["created_at"].endswith("+00:00")
    assert (answer["preferences"], answer["suppressions"]) == ({}, [])


@pytest.mark.parametrize("who", ["nobody", "nobody@example.org", "", "x" * 1000])
def test_nobody(root: Root, who: str) -> None:
    error = refusal(root, "people.show", who=who)
    assert (error.status, error.field) == (404, "who")


@pytest.mark.parametrize("who", ["a\0", "\ud800", "a\0@example.org", "@"])
def test_who_can_be_nonsense(root: Root, who: str) -> None:
    assert refusal(root, "people.show", who=who).status == 422


def test_suppression_of_an_address_that_nobody_has(root: Root) -> None:
    entry = root.call("people.suppress", address="Bob@Example.org", reason="complaint", evidence={"note": "phoned"})
    assert (entry["key"], entry["reason"], entry["scope"]) == ("bob@example.org", "complaint", "bulk")
    answer = root.call("people.show", who="bob@example.org")
    assert (answer["profile"], answer["suppressions"]) == (None, [entry])
    assert root.call("people.unsuppress", address="bob@example.org", reason="manual")["lifted"] == 0
    assert root.call("people.unsuppress", address="BOB@example.org")["lifted"] == 1
    assert refusal(root, "people.show", who="bob@example.org").status == 404


def test_a_reason_nobody_knows(root: Root) -> None:
    error = refusal(root, "people.suppress", address="a@example.org", reason="boredom")
    assert (error.status, error.field) == (422, "reason")


def test_preferences(root: Root) -> None:
    add_ada(root)
    answer = root.call("people.prefer", who="ada@example.org", topic="petitions", wanted=False)
    assert answer == {"id": "ada", "preferences": {"petitions": False}}
    assert root.call("people.show", who="ada")["preferences"] == {"petitions": False}
    error = refusal(root, "people.prefer", who="ada", topic="transactional", wanted=False)
    assert (error.status, error.field) == (422, "topic")
    assert refusal(root, "people.prefer", who="bob@example.org", topic="x", wanted=False).status == 404


def test_more_rows_than_a_chunk_are_refused(root: Root) -> None:
    people = rows(*({"address": f"p{number}@example.org"} for number in range(501)))
    assert refusal(root, "people.import", rows=people).field == "rows"
