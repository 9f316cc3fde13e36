"""What a rule may say: every kind, its own fields, and the one word that is wrong when it is refused."""

import json
import queue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision import FaultRule, Refusal
from supervision.faults import KINDS
from supervision.faults.exceptions import exception_class

NEEDED: dict[str, dict[str, Any]] = {"slow": {"seconds": 0.1}, "leak": {"bytes": 10}, "pause-node": {"seconds": 0.1}}


def rule(kind, **fields):
    return FaultRule(**{"kind": kind, "pattern": "/a", **NEEDED.get(kind, {}), **fields})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_rule_and_does_without_the_rest(kind):
    assert rule(kind).form is KINDS[kind]


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("slow", {"seconds": None}, "seconds"),
        ("slow", {"jitter_seconds": -1.0}, "jitter_seconds"),
        ("leak", {"bytes": None}, "bytes"),
        ("leak", {"bytes": 0}, "bytes"),
        ("pause-node", {"seconds": None}, "seconds"),
        ("crash", {"seconds": 1.0}, "seconds"),
        ("crash", {"after": -1}, "after"),
        ("drop", {"stubborn": True}, "stubborn"),
        ("hang", {"exception": "ValueError"}, "exception"),
        ("hang", {"seconds": 0.0}, "seconds"),
        ("crash", {"exception": "NoSuchError"}, "exception"),
        ("crash", {"exception": "no.such.module.Error"}, "exception"),
        ("crash", {"exception": "print"}, "exception"),
        ("crash", {"exception": "UnicodeDecodeError"}, "exception"),
        ("kill-node", {"every": 3}, "every"),
        ("stop-node", {"probability": 0.5}, "probability"),
        ("kill-node", {"times": None}, "times"),
        ("pause-node", {"after": 2}, "after"),
    ],
)
def test_a_bad_rule_names_its_field(kind, fields, field):
    with pytest.raises(Refusal) as caught:
        rule(kind, **fields)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("name", "found"), [("ValueError", ValueError), ("SystemExit", SystemExit), ("queue.Empty", queue.Empty)]
)
def test_exceptions_are_found_by_name(name, found):
    assert exception_class(name) is found


def test_an_exception_that_needs_more_than_a_text_is_refused():
    with pytest.raises(Refusal, match="text alone"):
        exception_class(f"{json.JSONDecodeError.__module__}.JSONDecodeError")


def test_prompt_kinds_strike_at_once_unless_they_choose_messages():
    assert rule("crash").at_once and rule("hang").at_once and rule("fill-mailbox").at_once and rule("kill-node").at_once
    assert not rule("crash", after=1).at_once and not rule("hang", every=2).at_once
    assert not rule("slow").at_once and not rule("drop").at_once and not rule("fail-start").at_once


def test_wildcards_spare_supervisors_but_not_nodes():
    assert not FaultRule("crash", "/**").matches("/nodes/one", "supervisor")
    assert FaultRule("crash", "/nodes/one").matches("/nodes/one", "supervisor")
    assert FaultRule("kill-node", "/nodes/*").matches("/nodes/one", "supervisor")


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(["seconds", "jitter_seconds", "bytes", "stubborn", "exception"]))
def test_a_field_is_taken_by_exactly_the_kinds_it_means_something_to(kind, field):
    value = {"seconds": 1.0, "jitter_seconds": 0.1, "bytes": 1, "stubborn": True, "exception": "OSError"}[field]
    if field in KINDS[kind].takes:
        assert getattr(rule(kind, **{field: value}), field) == value
    else:
        with pytest.raises(Refusal, match="means nothing"):
            rule(kind, **{field: value})
