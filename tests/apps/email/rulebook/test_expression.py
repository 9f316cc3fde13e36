"""Expressions over events: what they can say, and what they cannot do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.cloudevents import Event
from apps.email.errors import EmailError
from apps.email.rulebook.expression import BadExpression, NotEvaluated, expression

DATA = {"amount": 120, "country": "DE", "items": ["a"], "to": {"keys": "k", "name": "Ada"}}
EVENT = Event("1", "/shop", "order", DATA)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data.amount >= 100", True),
        ('data.country in ["DE", "AT"]', True),
        ("data.amount + 1 == 121 and not data.country == 'FR'", True),
        ("data.coupon is defined", False),
        ("data.coupon | default('none')", "none"),
        ("data.to.name | lower", "ada"),
        ("data['items'] | length", 1),
        ("data.items[0]", "a"),  # the key, not the method of Python's dict
        ("data.to.keys", "k"),
        ("event.type", "order"),
        ("'big' if data.amount > 100 else 'small'", "big"),
    ],
)
def test_it_reads_the_event(text: str, value: object) -> None:
    assert expression(text).value(EVENT) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data.amount >", "end of"),
        ("data.amount 5", "one too many"),
        ("date.amount", "there is no 'date'"),
        ("data.get('x')", "call is not allowed"),
        ("data.amount * 1000000", "mul is not allowed"),
        ("9 ** 9 ** 9", "pow is not allowed"),
        ("data.name | tojson", "no filter 'tojson'"),
        ("data.name is nice", "nice"),
        ("'%999999999d' % 1", "mod is not allowed"),
        ("", "end of"),
        ("x" * 2000, "characters"),
        ("(" * 900, "end of|recursion"),
    ],
)
def test_what_it_cannot_say_is_refused_when_it_is_written(text: str, words: str) -> None:
    with pytest.raises(BadExpression, match=words):
        expression(text)


@pytest.mark.parametrize("text", ["data.coupon", "data.coupon > 3", "data.country > 3", "data.to.__class__", "data.x"])
def test_what_the_event_does_not_have_is_an_error(text: str) -> None:
    with pytest.raises(NotEvaluated):
        expression(text).value(EVENT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON))
def test_any_data_gives_a_truth_or_an_error_that_says_why(data: dict[str, object]) -> None:
    try:
        assert expression("data.a == data.b or data.a.b is defined and data.a[0] < data.b | length").holds(
            Event("1", "/t", "t", data)
        ) in (True, False)
    except EmailError as error:
        assert str(error)
