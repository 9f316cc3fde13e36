"""Time to silence: until the last text that left in spite of an opt-out, or until the opt-out was written down."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from apps.people.consent import ALL, Channel, Said, record
from apps.sms.measuring import BUCKETS, Silences
from apps.sms.outbound.silences import latest, silenced
from apps.sms.states import Lane
from apps.sms.tables import leaders, texts
from tests.apps.sms.outbound.world import text

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ADA = "+15552000001"


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def stop(engine: Engine, key: str = "in:sim:1", leader: str = "ada", member: str = ADA, scope: str = "ada") -> None:
    """Came in at noon, written down a fifth of a second later."""
    with engine.begin() as conn:
        row = text(member, "STOP", leader=leader, key=key, created_at=AT, changed_at=after(0.2), state="settled")
        conn.execute(insert(texts).values({**row, "direction": "in", "lane": None}))
        record(conn, Channel.SMS, member, scope, Said.REVOKED, AT, source="sms", evidence={"text_key": key})


def left(engine: Engine, seconds: float, created: float = -10.0, **more: Any) -> None:
    with engine.begin() as conn:
        row = text(ADA, created_at=after(created), handed_at=after(seconds), state="handed", **more)
        conn.execute(insert(texts).values(row))


def seconds(engine: Engine) -> list[float]:
    with engine.begin() as conn:
        return [one.seconds for one in silenced(conn, 0, after(60))]


def test_when_nothing_more_leaves_it_is_when_that_is_written_down(engine: Engine) -> None:
    left(engine, -1.0)
    stop(engine)
    assert seconds(engine) == [0.2]


def test_a_text_that_was_on_its_way_counts(engine: Engine) -> None:
    left(engine, 0.7)
    stop(engine)
    assert seconds(engine) == [0.7]


def test_confirmations_other_leaders_and_later_texts_do_not_count(engine: Engine) -> None:
    left(engine, 0.8, created=0.1, lane=Lane.CONFIRMATION)
    left(engine, 0.9, leader="bob")
    left(engine, 30.0, created=20.0)
    stop(engine)
    assert seconds(engine) == [0.2]


def test_who_leaves_all_leaders_waits_for_all_of_them(engine: Engine) -> None:
    left(engine, 0.9, leader="bob")
    stop(engine, scope=ALL)
    assert seconds(engine) == [0.9]


def test_each_is_told_once_and_not_before_it_is_over(engine: Engine) -> None:
    stop(engine, "in:sim:1")
    stop(engine, "in:sim:2", member="+15552000002")
    with engine.begin() as conn:
        assert latest(conn) == 2
        first, second = silenced(conn, 0, AT)
        assert silenced(conn, first.number, AT) == [second]
        assert silenced(conn, 0, after(-1)) == []


def test_what_others_said_is_no_opt_out_by_text(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(insert(leaders).values(id="ada", name="Ada", sign_up={}, created_at=AT))
        record(conn, Channel.SMS, ADA, "ada", Said.REVOKED, AT, source="carrier")
        record(conn, Channel.SMS, ADA, "ada", Said.GRANTED, AT, source="sms")
    assert seconds(engine) == []


@given(st.lists(st.floats(0, 100)))
def test_the_histogram_has_each_in_its_bucket_and_all_before_it(waited: list[float]) -> None:
    found = Silences()
    for one in waited:
        found.add(one)
    for name, count in found.buckets():
        assert count == sum(1 for one in waited if one <= float(name))
    assert len(found.buckets()) == len(BUCKETS) + 1
