"""Addresses that get no mail, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from apps.people.errors import Refused
from apps.people.suppression import Scope, Why, suppress, suppressed, suppressions, unsuppress
from tests.apps.people.conftest import NOW

LATER = NOW + timedelta(days=1)
KEY = "ada@example.org"


@pytest.mark.parametrize(
    ("reason", "bulk", "transactional"),
    [
        (Why.HARD_BOUNCE, True, True),
        (Why.MANUAL, True, True),
        (Why.COMPLAINT, True, False),
        (Why.UNSUBSCRIBE, True, False),
    ],
)
def test_the_usual_scope_of_a_reason(connection: Connection, reason: Why, bulk: bool, transactional: bool) -> None:
    suppress(connection, KEY, reason, NOW)
    found = suppressed(connection, [KEY, "bob@example.org"])
    assert list(found) == [KEY]
    assert (found[KEY].blocks("bulk"), found[KEY].blocks("transactional")) == (bulk, transactional)


def test_the_widest_reason_comes_first(connection: Connection) -> None:
    suppress(connection, KEY, Why.UNSUBSCRIBE, NOW)
    suppress(connection, KEY, Why.HARD_BOUNCE, LATER, evidence={"code": "5.1.1"})
    assert suppressed(connection, [KEY])[KEY].reason == Why.HARD_BOUNCE
    assert [entry.reason for entry in suppressions(connection, KEY)] == [Why.HARD_BOUNCE, Why.UNSUBSCRIBE]
    assert suppressions(connection, KEY)[0].evidence == {"code": "5.1.1"}


def test_lifting_one_reason_leaves_the_others(connection: Connection) -> None:
    suppress(connection, KEY, Why.UNSUBSCRIBE, NOW)
    suppress(connection, KEY, Why.HARD_BOUNCE, NOW)
    assert unsuppress(connection, KEY, NOW, Why.HARD_BOUNCE) == 1
    assert suppressed(connection, [KEY])[KEY].reason == Why.UNSUBSCRIBE
    assert unsuppress(connection, KEY, NOW) == 1
    assert unsuppress(connection, KEY, NOW) == 0
    assert suppressed(connection, [KEY]) == {}


def test_the_same_reason_again_replaces_what_it_said(connection: Connection) -> None:
    suppress(connection, KEY, Why.MANUAL, NOW, scope=Scope.BULK, evidence={"note": "first"})
    suppress(connection, KEY, Why.MANUAL, LATER, evidence={"note": "second"})
    (entry,) = suppressions(connection, KEY)
    assert (entry.scope, entry.evidence, entry.at) == (Scope.ALL, {"note": "second"}, LATER)


def test_many_addresses_at_once(connection: Connection) -> None:
    keys = [f"p{number}@example.org" for number in range(1100)]
    for key in keys[::100]:
        suppress(connection, key, Why.MANUAL, NOW)
    assert set(suppressed(connection, keys)) == set(keys[::100])


def test_evidence_that_no_database_keeps_is_refused(connection: Connection) -> None:
    with pytest.raises(Refused, match=r"^evidence: "):
        suppress(connection, KEY, Why.MANUAL, NOW, evidence={"text": "a\0b"})
