import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.viewing import MAX_CHARACTERS, MAX_ITEMS, cut, view


class Colour(Enum):
    RED = 1


@dataclass
class Account:
    name: str
    api_key: str
    attempts: int = 0
    session: str = field(default="", repr=False)


class Opaque:
    def __repr__(self) -> str:
        raise AssertionError("nobody asked")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1 << 1000, "<a number of 1001 bits>"),
        (Colour.RED, "Colour.RED"),
        (b"\x00" * 7, "<7 bytes>"),
        (Path("/srv"), "/srv"),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22 00:00:00+00:00"),
        (ValueError("bang"), "ValueError: bang"),
        (Opaque(), "<Opaque>"),
        (Opaque, "<class Opaque>"),
        ((1, {2}), [1, [2]]),
        (deque([1]), [1]),
        ({1: "one", Colour.RED: 2}, {"1": "one", "Colour.RED": 2}),
        ([[[[["deep"]]]]], [[[["<list of 1>"]]]]),
    ],
)
def test_values_become_plain(value: Any, shown: Any) -> None:
    assert view(value) == shown


def test_what_is_named_like_a_secret_is_hidden_and_what_a_dataclass_hides_left_out() -> None:
    assert view(Account("ada", "k3y", session="s3cret")) == {
        "type": "Account",
        "name": "ada",
        "api_key": "***",
        "attempts": 0,
    }
    assert view({"Password": "x", "tokens_per_second": 3, "url": "smtp://ada:s3cret@mx.example.org"}) == {
        "Password": "***",
        "tokens_per_second": 3,
        "url": "smtp://***@mx.example.org",
    }


def test_a_value_that_holds_itself_ends() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert view(endless) == [[[["<list of 1>"]]]]


def test_long_things_say_how_much_is_left_out() -> None:
    assert view(list(range(100)))[-1] == f"… ({100 - MAX_ITEMS} more)"
    assert view(dict.fromkeys(range(100)))["…"] == f"{100 - MAX_ITEMS} more"
    assert cut("x" * 300, MAX_CHARACTERS) == "x" * MAX_CHARACTERS + f"… ({300 - MAX_CHARACTERS} more)"


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(Opaque)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.builds(Account, inner, inner)
    ),
)


@given(values)
def test_whatever_it_is_json_can_carry_it(value: Any) -> None:
    assert json.loads(json.dumps(view(value), allow_nan=False)) == view(value)
