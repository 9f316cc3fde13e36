"""Texts from the queues into rows: once each, in order, opt-outs before all others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from actors.broker import Message
from actors.database.pool import PATH as POOL
from apps.sms.hub.inbox import row_of
from apps.sms.inbound import COPIES, NOBODYS, UNREADABLE, WRITTEN, Inbound
from apps.sms.queues import STOP, bucket_of, buckets
from apps.sms.tables import leaders
from supervision import RestartChild, TerminateChild
from tests.apps.sms.hub.conversing import BOBS, JOHN, MARY, OURS
from tests.apps.sms.receiving import BUCKETS, RECEIVED, Desk, desk, stop, text


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as one:
        yield one


def counts(one: Desk) -> dict[str, int]:
    handler = one.tree.system.registry.running("/sms/inbound/held/texts").options.handler
    assert isinstance(handler, Inbound)
    return dict(handler.counts)


def test_texts_are_rows_in_the_order_in_which_they_came(open_desk: Desk) -> None:
    open_desk.lead()
    open_desk.lead("bob", BOBS)
    open_desk.start_sms(*open_desk.way_in)
    sent = [(str(number), (OURS, BOBS)[number % 2]) for number in range(1200)]
    open_desk.publish(*(text(id, f"text {id}", MARY, ours) for id, ours in sent))
    rows = open_desk.expect(1200)
    for ours, leader in ((OURS, "ada"), (BOBS, "bob")):
        said = [row.body for row in rows if row.our_number == ours]
        assert said == [f"text {id}" for id, number in sent if number == ours]
        assert {row.leader for row in rows if row.our_number == ours} == {leader}
    assert {(row.state, row.direction, row.created_at) for row in rows} == {("received", "in", RECEIVED)}


def test_a_text_that_its_carrier_brings_again_is_counted_and_acknowledged(open_desk: Desk) -> None:
    open_desk.lead()
    open_desk.start_sms(*open_desk.way_in)
    open_desk.publish(text(1, "once"), text(1, "once"), text(2, "twice"))
    open_desk.publish(text(1, "once"))
    open_desk.empty(bucket_of(OURS, BUCKETS))
    assert [row.body for row in open_desk.rows()] == ["once", "twice"]
    assert counts(open_desk) == {WRITTEN: 2, COPIES: 2}


def test_what_is_for_nobody_or_no_text_goes_to_the_dead_letters_with_its_reason(open_desk: Desk) -> None:
    open_desk.lead()
    open_desk.start_sms(*open_desk.way_in)
    open_desk.publish(text(1, "hi", ours=BOBS), Message(b"\xff\xff\xff", buckets(BUCKETS)[0]), text("", "no id"))
    open_desk.publish(text(2, "hi", "+1234567890123456789"), text(3, "for ada"))
    assert [row.body for row in open_desk.expect(1)] == ["for ada"]
    open_desk.until(lambda: len(open_desk.reasons()) == 4)
    reasons = "\n".join(sorted(open_desk.reasons()))
    assert f"no leader has the number {BOBS}" in reasons
    assert "not an InboundText" in reasons and "id has 0 characters" in reasons and "source has 20" in reasons
    assert counts(open_desk) == {WRITTEN: 1, NOBODYS: 1, UNREADABLE: 3}


def test_an_opt_out_does_not_wait_for_the_hub_or_for_what_is_queued(open_desk: Desk) -> None:
    open_desk.lead()
    open_desk.start_sms(*open_desk.way_in)
    open_desk.publish(*(text(number, "more", JOHN) for number in range(500)), stop("s"))
    (confirmed,) = open_desk.expect(1, direction="out")
    assert (confirmed.member, confirmed.lane, confirmed.state) == (MARY, "confirmation", "queued")
    with open_desk.database.read() as conn:
        assert row_of(conn, "ada", MARY).state == "left"
    open_desk.publish(stop("s"), stop("t", "stop"))
    open_desk.empty(STOP)
    open_desk.expect(1, direction="out")


def test_an_opt_out_that_cannot_be_done_with_at_once_is_left_to_the_hub_and_the_others_are_done(
    open_desk: Desk,
) -> None:
    open_desk.lead()
    open_desk.lead("bob", BOBS)
    with open_desk.database.begin() as conn:
        conn.execute(update(leaders).where(leaders.c.id == "ada").values(sign_up={"mode": "from the future"}))
    open_desk.start_sms(*open_desk.way_in)
    open_desk.publish(stop(1), stop(2, ours=BOBS))
    assert [row.leader for row in open_desk.expect(1, direction="out")] == ["bob"]
    assert [row.leader for row in open_desk.expect(1, state="received")] == ["ada"]
    open_desk.empty(STOP)
    assert open_desk.reasons() == []


def test_a_database_that_is_away_holds_the_order(open_desk: Desk) -> None:
    open_desk.lead()
    open_desk.start_sms(*open_desk.way_in)
    open_desk.publish(*(text(number, str(number)) for number in range(300)))
    root = open_desk.tree.system.address("/database")
    root.call(TerminateChild(POOL.rpartition("/")[2]))
    open_desk.publish(*(text(number, str(number)) for number in range(300, 600)))
    root.call(RestartChild(POOL.rpartition("/")[2]))
    open_desk.tree.wait_state(POOL, "running")
    open_desk.until(lambda: open_desk.status(bucket_of(OURS, BUCKETS)).depth == 0)
    assert [row.body for row in open_desk.rows()] == [str(number) for number in range(600)]


def test_the_whole_way(open_desk: Desk) -> None:
    open_desk.lead(welcome="Hello!")
    open_desk.start_sms(*open_desk.way_in, *open_desk.the_hub)
    open_desk.publish(*(text(number, "hi", f"+1555300{number:04}") for number in range(500)))
    answers = open_desk.expect(500, direction="out")
    assert {row.body for row in answers} == {"Hello!"} and len({row.member for row in answers}) == 500
    assert [row.cause for row in answers] == [f"in:simulated:{number}" for number in range(500)]
    open_desk.expect(500, state="settled")
