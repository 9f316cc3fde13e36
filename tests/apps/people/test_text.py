"""What may be kept, and what of it is shown."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.people import text
from apps.people.errors import Refused

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=["L", "Cc", "Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("name", ["Ada Lovelace", "ألبرت", "山田 太郎", "O'Brien; DROP TABLE", "Zoë 🦜", ""])
def test_names_stay_as_they_are(name: str) -> None:
    assert text.name(name) == name


def test_a_name_is_trimmed_and_otherwise_left_alone() -> None:
    assert text.name(" \u00a0Zoe\u0308\t") == "Zoe\u0308"


@pytest.mark.parametrize("name", ["a\nb", "a\r", "a\0b", "a\x1b[31m", "a\u2029b", "\udc80", "x" * 201, 7, None, ["a"]])
def test_names_that_are_refused(name: object) -> None:
    with pytest.raises(Refused) as refusal:
        text.name(name)
    assert refusal.value.field == "name"


def test_bytes_that_were_no_utf8_are_called_so() -> None:
    with pytest.raises(Refused, match="is not UTF-8 at position 1"):
        text.name("a" + b"\xff".decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(("given", "id"), [("42", "42"), (42, "42"), (" a-1 ", "a-1")])
def test_ids(given: object, id: str) -> None:
    assert text.person_id(given) == id


@pytest.mark.parametrize("given", ["", " ", "a@b", True, 1.5, "x" * 65, "a\nb"])
def test_ids_that_are_refused(given: object) -> None:
    with pytest.raises(Refused, match=r"^id: "):
        text.person_id(given)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([], "not a JSON object"),
        ({"a": float("nan")}, "a number that JSON does not know"),
        ({"a": float("inf")}, "a number that JSON does not know"),
        ({"a": ["\0"]}, "U\\+0000"),
        ({"\udcff": 1}, "not UTF-8"),
        ({"a": "x" * 1000}, "bytes, 1000 are allowed"),
        ({"a": nested(20)}, "nested deeper"),
    ],
)
def test_attributes_that_are_refused(value: object, why: str) -> None:
    with pytest.raises(Refused, match=why):
        text.attributes(value, 1000)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_what_is_not_refused_survives_strict_json(value: dict[str, Any]) -> None:
    try:
        kept = text.attributes(value, 10_000)
    except Refused:
        return
    sent = json.dumps(kept, ensure_ascii=False, allow_nan=False).encode("utf-8")
    assert json.loads(sent) == kept


@given(st.text() | JSON)
def test_a_shown_value_is_one_short_printable_line(value: object) -> None:
    shown = text.shown(value)
    assert len(shown) <= 80 * 10 + 1
    assert shown.isprintable()


def test_a_shown_value_is_cut() -> None:
    assert text.shown("x" * 1000) == "x" * 80 + "…"
