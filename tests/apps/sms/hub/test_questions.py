"""What an answer to a question says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.hub.questions import MOST_CHARACTERS, Question, read

CHOICE = {"kind": "choice", "choices": ["rook", "wren", "heron", "reed warbler"]}


def question(**said: object) -> Question:
    return Question.model_validate({"name": "q", "ask": "?", **said})


@pytest.mark.parametrize(
    ("asked", "text", "value"),
    [
        ({}, "  Mary\n Ann ", "Mary Ann"),
        ({}, " \n ", None),
        ({"kind": "number"}, " 12 ", 12),
        ({"kind": "number"}, "-3", -3),
        ({"kind": "number"}, "١٢", 12),
        ({"kind": "number"}, "twelve", None),
        ({"kind": "number"}, "1.5", None),
        ({"kind": "number"}, "9" * 13, None),
        (CHOICE, "2", "wren"),
        (CHOICE, "HERON!", "heron"),
        (CHOICE, "w", "wren"),
        (CHOICE, "r", None),
        (CHOICE, "5", None),
        (CHOICE, "0", None),
        (CHOICE, "", None),
        ({"kind": "date"}, "1980-02-29", "1980-02-29"),
        ({"kind": "date"}, "31.12.1980", "1980-12-31"),
        ({"kind": "date"}, "3/4/1980", "1980-04-03"),
        ({"kind": "date"}, "30.2.1980", None),
        ({"kind": "date"}, "soon", None),
        ({"kind": "yes_no"}, "Yes!", True),
        ({"kind": "yes_no"}, "nein", False),
        ({"kind": "yes_no"}, "maybe", None),
        ({"kind": "email"}, " Mary@Example.org ", "Mary@example.org"),
        ({"kind": "email"}, "mary at example", None),
    ],
)
def test_what_it_says(asked: dict[str, object], text: str, value: object) -> None:
    assert read(question(**asked), text) == value


def test_the_month_comes_first_where_that_is_usual() -> None:
    assert read(question(kind="date"), "3/4/1980", month_first=True) == "1980-03-04"
    assert read(question(kind="date"), "3.4.1980", month_first=True) == "1980-04-03"


@given(st.text(), st.sampled_from(["text", "number", "date", "yes_no", "email"]), st.booleans())
def test_no_text_is_too_strange(text: str, kind: str, month_first: bool) -> None:
    value = read(question(kind=kind), text, month_first=month_first)
    assert value is None or value is False or value == 0 or len(str(value)) <= MOST_CHARACTERS + 54


@pytest.mark.parametrize(
    "wrong", [{"kind": "choice"}, {"choices": ["a"]}, {"name": "Q"}, {"ask": ""}, {"kind": "poem"}, {"more": 1}]
)
def test_what_is_no_question(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        question(**wrong)
