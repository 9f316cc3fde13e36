"""The queue in the database, on both engines: found by flow, read in order, claimed once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select

from apps.sms.outbound import claims, queue
from apps.sms.outbound.claims import Change, Claim
from apps.sms.outbound.texts import Flow
from apps.sms.states import Lane, TextState
from apps.sms.tables import parts, texts
from tests.apps.sms.outbound.world import OURS, join, lead, member, text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FLOW = Flow(Lane.LEADER, "ada", OURS)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        lead(connection)
        yield connection


def put(conn: Connection, *rows: dict[str, object]) -> dict[str, int]:
    """Their ids by key."""
    conn.execute(insert(texts), list(rows))
    return {row.key: row.id for row in conn.execute(select(texts.c.key, texts.c.id))}


def test_flows_are_found_page_by_page_whatever_they_hold(conn: Connection) -> None:
    for leader in ("ada", "bob", "eve"):
        for ours in ("+1", "+2"):
            put(conn, *(text(leader=leader, ours=ours) for _ in range(20)))
    put(conn, text(lane=Lane.BROADCAST), text(leader="sent", state="handed"))
    first = queue.flows(conn, Lane.LEADER, None, 4)
    rest = queue.flows(conn, Lane.LEADER, first[-1], 4)
    found = [(flow.leader, flow.our_number) for flow in (*first, *rest)]
    assert found == [(leader, ours) for leader in ("ada", "bob", "eve") for ours in ("+1", "+2")]
    assert queue.flows(conn, Lane.CONFIRMATION, None, 4) == []


def test_what_is_due_is_read_in_order_with_what_is_known_of_its_member(conn: Connection) -> None:
    join(conn, member(1), state="left", time_zone="Europe/Berlin")
    hour = timedelta(hours=1)
    put(
        conn,
        text(key="now", created_at=NOW),
        text(key="before", due_at=NOW - hour, created_at=NOW - 9 * hour),
        text(key="later", due_at=NOW + hour),
        text(key="tried", created_at=NOW - 2 * hour, attempts=1),
    )
    conn.execute(
        insert(parts).values(text="tried", number=2, carrier="sim", carrier_id="x", state="handed", changed_at=NOW)
    )
    other = Flow(Lane.BROADCAST, "ada", OURS)
    found = queue.read(conn, [FLOW, other], 10, NOW)
    assert [one.key for one in found[FLOW]] == ["tried", "before", "now"] and found[other] == []
    tried = found[FLOW][0]
    assert tried.had == {2} and tried.left and tried.zone == "Europe/Berlin" and tried.home == "sim"
    assert len(queue.read(conn, [FLOW], 1, NOW)[FLOW]) == 2


def test_a_claim_is_won_once_and_not_for_whoever_left(conn: Connection) -> None:
    join(conn, member(2), state="left")
    ids = put(
        conn,
        text(key="a"),
        text(key="gone", to=member(2)),
        text(key="bye", to=member(2), lane=Lane.CONFIRMATION),
        text(key="revoked", state="revoked"),
    )
    wanted = [Claim(id, "sim", 1, "gsm7") for id in ids.values()]
    assert claims.claim(conn, wanted, 7, NOW) == {ids["a"], ids["bye"]}
    assert claims.claim(conn, wanted, 8, NOW) == frozenset()
    row = conn.execute(select(texts).where(texts.c.key == "a")).one()
    assert (row.state, row.epoch, row.attempts, row.carrier, row.segments) == ("claimed", 7, 1, "sim", 1)


def test_claims_of_earlier_holders_are_in_doubt(conn: Connection) -> None:
    put(conn, text(key="old", state="claimed", epoch=6), text(key="mine", state="claimed", epoch=7))
    assert claims.doubt_older(conn, 7, NOW) == 1
    assert dict(conn.execute(select(texts.c.key, texts.c.state)).all()) == {"old": "in_doubt", "mine": "claimed"}


def test_what_goes_back_keeps_its_time_unless_it_gets_another(conn: Connection) -> None:
    due = NOW - timedelta(minutes=5)
    ids = put(
        conn,
        text(key="back", state="claimed", due_at=due, attempts=1),
        text(key="retry", state="claimed", attempts=1),
        text(key="handed", state="handed"),
    )
    again = NOW + timedelta(minutes=1)
    changes = [
        Change(ids["back"], TextState.QUEUED, "slowly", attempts=-1),
        Change(ids["retry"], TextState.QUEUED, "busy", again),
        Change(ids["handed"], TextState.FAILED),
    ]
    assert claims.change(conn, changes, TextState.CLAIMED, NOW) == 2
    rows = {row.key: row for row in conn.execute(select(texts))}
    assert (rows["back"].due_at, rows["back"].attempts) == (due, 0)
    assert (rows["retry"].due_at, rows["retry"].attempts) == (again, 1)
    assert rows["handed"].state == "handed"
