"""The ledger of consents, on both engines: what counts, what stays, what goes with mail's own wishes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from apps.people import tables
from apps.people.consent import (
    ALL,
    Channel,
    Consent,
    Said,
    after,
    checked,
    counts,
    history,
    record,
    record_all,
    standing,
)
from apps.people.errors import Refused
from apps.people.preference import BULK, TRANSACTIONAL, prefer
from apps.people.profile import profiles
from apps.people.suppression import Why, suppress, unsuppress
from apps.people.upsert import upsert
from tests.apps.people.conftest import NOW, draft

MEMBER = "+15550100001"
KEY = "ada@example.org"
MINUTE = timedelta(minutes=1)
GRANTED, REVOKED = Said.GRANTED, Said.REVOKED


def _said(connection: Connection, minutes: int, state: Said, scope: str, key: str = MEMBER) -> Consent:
    return record(connection, Channel.SMS, key, scope, state, NOW + minutes * MINUTE, source="sms")


def _states(connection: Connection, *scopes: str) -> list[str | None]:
    found = standing(connection, Channel.SMS, [MEMBER], scopes)
    return [found[MEMBER, scope].state.value if (MEMBER, scope) in found else None for scope in scopes]


def test_nobody_said_anything(connection: Connection) -> None:
    assert standing(connection, Channel.SMS, [MEMBER], ["ines", ALL]) == {}
    assert history(connection, Channel.SMS, MEMBER) == []


def test_the_latest_counts_by_scope_and_channel(connection: Connection) -> None:
    _said(connection, 1, GRANTED, "ines")
    _said(connection, 2, REVOKED, "ines")
    _said(connection, 1, GRANTED, "omar")
    assert _states(connection, "ines", "omar", "lu") == ["revoked", "granted", None]
    assert standing(connection, Channel.EMAIL, [MEMBER], ["ines"]) == {}


def test_what_was_said_later_counts_whenever_it_was_written_down(connection: Connection) -> None:
    _said(connection, 9, REVOKED, "ines")
    _said(connection, 1, GRANTED, "ines")
    assert _states(connection, "ines") == ["revoked"]
    assert [line.state for line in history(connection, Channel.SMS, MEMBER)] == [GRANTED, REVOKED]
    _said(connection, 9, GRANTED, "ines")
    assert _states(connection, "ines") == ["granted"]


def test_revoking_all_holds_for_each_scope_until_it_is_granted_again(connection: Connection) -> None:
    _said(connection, 1, GRANTED, "ines")
    _said(connection, 2, REVOKED, ALL)
    assert _states(connection, "ines", "omar", ALL) == ["revoked", "revoked", "revoked"]
    _said(connection, 3, GRANTED, "ines")
    assert _states(connection, "ines", "omar") == ["granted", "revoked"]
    _said(connection, 4, REVOKED, "ines")
    _said(connection, 5, GRANTED, ALL)
    assert _states(connection, "ines", "omar", ALL) == ["revoked", "granted", "granted"]


LINES = st.lists(
    st.tuples(st.sampled_from(["ines", ALL]), st.sampled_from(Said), st.integers(0, 20)),
    max_size=12,
    unique_by=lambda s: s[2],
)


@given(LINES)
def test_the_rule_is_what_reading_everything_says(lines: list[tuple[str, Said, int]]) -> None:
    """Told by the two latest lines alone, and by walking through all of them."""
    lines = sorted(lines, key=lambda line: line[2])
    own_says: Said | None = None
    all_says: Said | None = None
    for scope, state, _ in lines:
        if scope == ALL:
            all_says = state
            own_says = None if (own_says, state) == (GRANTED, REVOKED) else own_says
        else:
            own_says = state
    latest = {scope: _line(scope, state, minutes) for scope, state, minutes in lines}
    found = counts(latest.get("ines"), latest.get(ALL))
    expected = own_says if own_says is not None else all_says
    assert (None if found is None else found.state) == expected


def _line(scope: str, state: Said, minutes: int) -> Consent:
    return Consent(Channel.SMS, MEMBER, scope, state, "sms", NOW + minutes * MINUTE)


def test_many_keys_are_asked_at_once(connection: Connection) -> None:
    keys = [f"+1555{number:07}" for number in range(1200)]
    lines = [Consent(Channel.SMS, key, "ines", GRANTED, "import", NOW, {}, key) for key in keys]
    assert record_all(connection, lines) == 1200
    assert record_all(connection, lines) == 0
    assert len(standing(connection, Channel.SMS, keys, ["ines", "omar"])) == 1200


def test_evidence_comes_back(connection: Connection) -> None:
    evidence = {"text": "Arrêt ✋", "carrier": "sim", "id": "SM1", "form": 3, "ip": "2001:db8::1", "who": None}
    said = record(connection, Channel.SMS, MEMBER, "ines", REVOKED, NOW, source="sms", evidence=evidence)
    (found,) = history(connection, Channel.SMS, MEMBER)
    assert found == said
    assert found.evidence == evidence
    ((number, same),) = after(connection, 0)
    assert same == said
    assert after(connection, number) == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE people_consents SET state = 'granted'", "DELETE FROM people_consents", "TRUNCATE people_consents"],
)
def test_the_database_refuses_to_change_or_delete(connection: Connection, statement: str) -> None:
    if connection.dialect.name == "sqlite" and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM people_consents WHERE 1"
    _said(connection, 1, REVOKED, "ines")
    inner = connection.begin_nested()
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))
    inner.rollback()
    assert _states(connection, "ines") == ["revoked"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (Consent(Channel.SMS, "15550100", "ines", GRANTED, "sms", NOW, {}, "1"), "key"),
        (Consent(Channel.SMS, "12345", "ines", GRANTED, "sms", NOW, {}, "1"), "key"),
        (Consent(Channel.EMAIL, "nobody", ALL, GRANTED, "form", NOW, {}, "1"), "key"),
        (Consent(Channel.SMS, MEMBER, " ", GRANTED, "sms", NOW, {}, "1"), "scope"),
        (Consent(Channel.SMS, MEMBER, "x" * 101, GRANTED, "sms", NOW, {}, "1"), "scope"),
        (Consent(Channel.SMS, MEMBER, "ines", GRANTED, "", NOW, {}, "1"), "source"),
        (Consent(Channel.SMS, MEMBER, "ines", GRANTED, "sms", NOW, {}, ""), "id"),
        (Consent(Channel.SMS, MEMBER, "ines", GRANTED, "sms", datetime(2026, 1, 1), {}, "1"), "at"),
        (Consent(Channel.SMS, MEMBER, "ines", GRANTED, "sms", NOW, {"text": "a\0"}, "1"), "evidence"),
    ],
)
def test_what_cannot_be_kept_for_ever_is_refused(line: Consent, field: str) -> None:
    with pytest.raises(Refused) as caught:
        checked(line)
    assert caught.value.field == field


def test_suppressions_that_somebody_asked_for_are_in_the_ledger(connection: Connection) -> None:
    suppress(connection, KEY, Why.HARD_BOUNCE, NOW)
    assert history(connection, Channel.EMAIL, KEY) == []
    suppress(connection, KEY, Why.UNSUBSCRIBE, NOW, evidence={"via": "link"})
    suppress(connection, KEY, Why.COMPLAINT, NOW + MINUTE)
    assert unsuppress(connection, KEY, NOW + 2 * MINUTE, Why.UNSUBSCRIBE) == 1
    assert standing(connection, Channel.EMAIL, [KEY], [ALL])[KEY, ALL].state is REVOKED
    assert unsuppress(connection, KEY, NOW + 3 * MINUTE, evidence={"who": "support"}) == 2
    assert unsuppress(connection, KEY, NOW + 4 * MINUTE) == 0
    lines = [(line.scope, line.state, line.source, line.evidence) for line in history(connection, Channel.EMAIL, KEY)]
    assert lines == [
        (ALL, REVOKED, "unsubscribe", {"via": "link"}),
        (ALL, REVOKED, "complaint", {}),
        (ALL, GRANTED, "lifted", {"who": "support"}),
    ]


def test_lifting_a_bounce_is_no_consent(connection: Connection) -> None:
    suppress(connection, KEY, Why.HARD_BOUNCE, NOW)
    assert unsuppress(connection, KEY, NOW) == 1
    assert history(connection, Channel.EMAIL, KEY) == []


def test_preferences_are_in_the_ledger_by_topic(connection: Connection) -> None:
    upsert(connection, [draft(KEY)], NOW)
    person = profiles(connection, [KEY])[KEY].id
    prefer(connection, person, "forests", False, NOW, evidence={"via": "link"})
    prefer(connection, person, BULK, False, NOW + MINUTE)
    prefer(connection, person, TRANSACTIONAL, True, NOW + MINUTE)
    lines = [(line.scope, line.state, line.source) for line in history(connection, Channel.EMAIL, KEY)]
    assert lines == [("forests", REVOKED, "preference"), (ALL, REVOKED, "preference")]


def test_the_ledger_outlives_the_person(connection: Connection) -> None:
    upsert(connection, [draft(KEY)], NOW)
    person = profiles(connection, [KEY])[KEY].id
    prefer(connection, person, "forests", False, NOW)
    connection.execute(tables.profiles.delete())
    assert len(history(connection, Channel.EMAIL, KEY)) == 1


def test_times_are_kept_as_moments(connection: Connection) -> None:
    at = datetime(2020, 2, 29, 23, 59, tzinfo=UTC)
    record(connection, Channel.SMS, MEMBER, "ines", GRANTED, at, source="form")
    assert history(connection, Channel.SMS, MEMBER)[0].at == at
