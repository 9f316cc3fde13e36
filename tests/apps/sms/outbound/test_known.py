"""Outcomes and receipts in the database, on both engines: in any order, any number of times."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.event import listen

from actors.carrier.port import Receipt, ReceiptState
from apps.sms.outbound import known, lookup
from apps.sms.outbound.known import APPLIED, DUPLICATE, EARLY, Ended, Part
from apps.sms.outbound.optouts import CarrierOptOut, believe
from apps.sms.outbound.progress import whole
from apps.sms.states import TextState
from apps.sms.tables import early_receipts, members, texts
from tests.apps.sms.outbound.world import join, lead, member, text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def hand(conn: Connection, key: str, *ids: str | None, at: datetime = NOW) -> None:
    """A claimed text whose carrier took it, in so many pieces; None is a piece in doubt."""
    claimed = text(key=key, state="claimed")
    conn.execute(insert(texts), [claimed])
    answer(conn, key, *ids, at=at)


def answer(conn: Connection, key: str, *ids: str | None, at: datetime = NOW) -> None:
    found = [
        Part(key, number, "sim", id, TextState.IN_DOUBT if id is None else TextState.HANDED)
        for number, id in enumerate(ids, start=1)
    ]
    written = known.record(conn, found, at)
    known.end(conn, [Ended(key, whole(part.state for part in written))], at)


def receipt(id: str, state: ReceiptState = ReceiptState.DELIVERED, code: str = "", opted_out: bool = False) -> Receipt:
    return Receipt("sim", id, state, code, opted_out=opted_out)


def state(conn: Connection, key: str) -> str:
    return str(conn.execute(select(texts.c.state).where(texts.c.key == key)).scalar_one())


def test_a_receipt_finds_its_text_however_the_id_is_written(conn: Connection) -> None:
    hand(conn, "a", "00bc614e")
    assert known.apply(conn, [receipt("12345678")], NOW) == {APPLIED: 1}
    assert state(conn, "a") == "delivered"


def test_duplicates_are_counted_and_change_nothing(conn: Connection) -> None:
    hand(conn, "a", "x1")
    assert known.apply(conn, [receipt("x1"), receipt("x1")], NOW) == {APPLIED: 1, DUPLICATE: 1}
    assert known.apply(conn, [receipt("x1", ReceiptState.SENT)], NOW) == {DUPLICATE: 1}
    assert state(conn, "a") == "delivered"


def test_a_text_is_delivered_when_all_its_pieces_are(conn: Connection) -> None:
    hand(conn, "a", "x1", "x2")
    known.apply(conn, [receipt("x2")], NOW)
    assert state(conn, "a") == "handed"
    known.apply(conn, [receipt("x1")], NOW)
    assert state(conn, "a") == "delivered"


def test_what_failed_says_why(conn: Connection) -> None:
    hand(conn, "a", "x1")
    known.apply(conn, [receipt("x1", ReceiptState.UNDELIVERED, "30003")], NOW)
    found = lookup.show(conn, "a")
    assert found is not None
    assert (found["state"], found["reason"], found["parts"][0]["code"]) == ("undelivered", "30003", "30003")


def test_a_receipt_that_comes_before_the_answer_waits_for_it(conn: Connection) -> None:
    conn.execute(insert(texts), [text(key="a", state="claimed")])
    assert known.apply(conn, [receipt("ABC1"), receipt("ABC1")], NOW) == {EARLY: 2}
    answer(conn, "a", "abc1")
    assert state(conn, "a") == "delivered"
    assert conn.execute(select(early_receipts)).all() == []


def test_one_that_came_in_the_same_moment_is_found_later(conn: Connection) -> None:
    """As if two transactions had not seen each other."""
    hand(conn, "a", "x1")
    row = {"carrier": "sim", "carrier_id": "x1", "state": "delivered", "code": "", "opted_out": False, "at": NOW}
    conn.execute(insert(early_receipts), [row])
    assert known.catch_up(conn, NOW, 100, timedelta(minutes=1)) == {APPLIED: 1}
    assert state(conn, "a") == "delivered"
    assert known.catch_up(conn, NOW, 100, timedelta(minutes=1)) == Counter()


@pytest.mark.parametrize("count", [1, 50])
def test_however_many_receipts_wait_a_few_statements_match_them(conn: Connection, count: int) -> None:
    """The one that hands over waits for this."""
    row = {"carrier": "sim", "state": "delivered", "code": "", "opted_out": False, "at": NOW}
    conn.execute(insert(early_receipts), [{**row, "carrier_id": f"nobody-{number}"} for number in range(count)])
    said: list[str] = []
    listen(conn, "before_cursor_execute", lambda *ends: said.append(ends[2]))
    assert known.catch_up(conn, NOW, 100, timedelta(minutes=1)) == Counter()
    assert len(said) == 2


def test_what_nobody_knows_is_kept_for_a_while(conn: Connection) -> None:
    known.apply(conn, [receipt("nobody")], NOW)
    assert known.forget(conn, NOW - timedelta(days=1)) == 0
    assert known.forget(conn, NOW + timedelta(seconds=1)) == 1


def test_another_carriers_receipt_is_not_ours(conn: Connection) -> None:
    hand(conn, "a", "x1")
    assert known.apply(conn, [Receipt("other", "x1", ReceiptState.DELIVERED)], NOW) == {EARLY: 1}
    assert state(conn, "a") == "handed"


def test_an_answer_that_comes_late_ends_a_doubt(conn: Connection) -> None:
    hand(conn, "a", None)
    assert state(conn, "a") == "in_doubt"
    known.correct(conn, [Part("a", 1, "sim", "x1", TextState.HANDED)], NOW)
    assert state(conn, "a") == "handed"
    known.apply(conn, [receipt("x1")], NOW)
    assert state(conn, "a") == "delivered"
    assert known.correct(conn, [Part("a", 1, "sim", "x1", TextState.HANDED)], NOW) == 0


def test_a_text_in_doubt_can_be_resolved_by_hand(conn: Connection) -> None:
    hand(conn, "a", None)
    hand(conn, "b", None)
    assert lookup.resolve(conn, "a", TextState.QUEUED, "the carrier has no trace", NOW)
    assert lookup.resolve(conn, "b", TextState.HANDED, "it is in the carrier's log", NOW)
    assert (state(conn, "a"), state(conn, "b")) == ("queued", "handed")
    assert not lookup.resolve(conn, "a", TextState.FAILED, "", NOW)
    shown = lookup.show(conn, "a")
    assert shown is not None and shown["parts"] == []


def test_texts_without_a_final_receipt_are_stuck(conn: Connection) -> None:
    hand(conn, "old", "x1", at=NOW - timedelta(hours=7))
    hand(conn, "done", "x2", at=NOW - timedelta(hours=7))
    hand(conn, "new", "x3")
    known.apply(conn, [receipt("x2")], NOW)
    (row,) = lookup.stuck(conn, NOW, 6.0, 10)
    assert (row["key"], row["age_hours"]) == ("old", 7.0)


def test_a_carriers_opt_out_is_a_members(conn: Connection) -> None:
    lead(conn)
    join(conn, member(1))
    hand(conn, "a", "x1")
    conn.execute(insert(texts), [text(key="later")])
    said = receipt("x1", ReceiptState.UNDELIVERED, "21610", opted_out=True)
    known.apply(conn, [said], NOW)
    (found,) = known.opted_out(conn, [said])
    assert believe(conn, [CarrierOptOut(*found)], NOW) == 1
    assert conn.execute(select(members.c.state)).scalar_one() == "left"
    assert state(conn, "later") == "revoked"
    assert believe(conn, [CarrierOptOut(*found)], NOW) == 0


def test_what_waits_is_told_by_lane_and_leader(conn: Connection) -> None:
    now = datetime.now(UTC)
    conn.execute(insert(texts), [text(), text(due_at=now + timedelta(hours=1)), text(leader="bob", due_at=None)])
    told = {
        (row["lane"], row["leader"]): (row["texts"], row["due"])
        for row in lookup.waiting(conn, now + timedelta(seconds=9))
    }
    assert told == {("leader", "ada"): (2, 1), ("leader", "bob"): (1, 1)}
