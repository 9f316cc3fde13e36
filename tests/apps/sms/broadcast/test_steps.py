"""A broadcast step by step, on both engines: frozen once, written in order, exact when held or cancelled."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from apps.sms.broadcast import books, broadcasts, steps
from apps.sms.broadcast.broadcasts import Broadcast, Order
from apps.sms.broadcast.errors import BadTemplate, BroadcastError, NoSuchBroadcast, WrongState
from apps.sms.broadcast.segment import parse
from apps.sms.states import BroadcastState, MemberState, TextState
from apps.sms.tables import members, texts
from tests.apps.sms.broadcast.conftest import NOW, Join


def order(engine: Engine, template: str = "Hi {{ name }}", segment: dict[str, Any] | None = None, **more: Any) -> int:
    with engine.begin() as conn:
        wanted = Order("ada", "news", template, parse(segment or {}), more.pop("start_at", NOW), **more)
        return broadcasts.order(conn, wanted, NOW)


def step(engine: Engine, id: int, now: datetime = NOW) -> bool:
    with engine.begin() as conn:
        return steps.step(conn, id, now)


def run(engine: Engine, id: int, most: int = 100) -> None:
    """Until there is nothing more to do by itself."""
    for _ in range(most):
        if not step(engine, id):
            return
    raise AssertionError("it never came to rest")


def found(engine: Engine, id: int) -> tuple[Broadcast, books.Books]:
    with engine.begin() as conn:
        return broadcasts.find(conn, id), books.read(conn, id)


def become(engine: Engine, source: TextState, target: TextState, most: int | None = None) -> None:
    """What the outbound branch does."""
    with engine.begin() as conn:
        ids = select(texts.c.id).where(texts.c.state == source.value).order_by(texts.c.id).limit(most)
        conn.execute(update(texts).where(texts.c.id.in_(conn.scalars(ids).all())).values(state=target.value))


def rows(engine: Engine) -> list[Any]:
    with engine.begin() as conn:
        return list(conn.execute(select(texts).order_by(texts.c.id)).all())


def test_everybody_meant_gets_one_text_and_the_books_balance(engine: Engine, join: Join) -> None:
    vip = [join(number, "vip", name=f"N{number}") for number in (3, 1, 2)]
    join(4, name="not meant")
    join(5, "vip", name="left", state=MemberState.LEFT.value)
    id = order(engine, segment={"tag": "vip"})
    run(engine, id)
    sent = rows(engine)
    assert [(row.member, row.body) for row in sent] == [(n, f"Hi N{int(n[-1])}") for n in sorted(vip)]
    assert {(row.lane, row.state, row.broadcast, row.key) for row in sent} == {
        ("broadcast", "queued", id, f"broadcast:{id}:{number}") for number in vip
    }
    become(engine, TextState.QUEUED, TextState.DELIVERED)
    run(engine, id)
    broadcast, kept = found(engine, id)
    assert broadcast.state is BroadcastState.FINISHED
    assert (kept.targeted, kept.accounts["delivered"], kept.balanced) == (3, 3, True)


def test_the_audience_is_frozen(engine: Engine, join: Join) -> None:
    join(1, name="A")
    id = order(engine)
    for _ in range(2):
        step(engine, id)
    assert found(engine, id)[0].state is BroadcastState.RUNNING
    join(2, name="too late")
    run(engine, id)
    assert [row.body for row in rows(engine)] == ["Hi A"]


def test_whoever_lacks_something_or_left_meanwhile_is_skipped_with_the_reason(engine: Engine, join: Join) -> None:
    join(1, name="A")
    join(2)
    gone = join(3, name="C")
    id = order(engine)
    for _ in range(2):
        step(engine, id)
    with engine.begin() as conn:
        conn.execute(update(members).where(members.c.number == gone).values(state=MemberState.LEFT.value))
    run(engine, id)
    kept = found(engine, id)[1]
    assert kept.reasons["skipped"] == {"name is not known of this member": 1, steps.LEFT: 1}
    assert (kept.accounts["pending"], kept.accounts["skipped"], kept.balanced) == (1, 2, True)


@pytest.mark.parametrize("monkeyed", [1, 2, 3])
def test_pages_join_without_gap_or_double(
    engine: Engine, join: Join, monkeypatch: pytest.MonkeyPatch, monkeyed: int
) -> None:
    monkeypatch.setattr(steps, "FROZEN", monkeyed)
    monkeypatch.setattr(steps, "WRITTEN", monkeyed)
    for number in range(7):
        join(number, name=f"N{number}")
    id = order(engine, spread_seconds=70)
    run(engine, id)
    sent = rows(engine)
    assert [row.body for row in sent] == [f"Hi N{number}" for number in range(7)]
    assert [row.due_at - NOW for row in sent] == [timedelta(seconds=10 * place) for place in range(7)]


def test_only_a_few_texts_are_written_ahead_of_those_that_leave(
    engine: Engine, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "WRITTEN", 2)
    monkeypatch.setattr(steps, "AHEAD", 3)
    for number in range(9):
        join(number, name="x")
    id = order(engine)
    run(engine, id)
    assert len(rows(engine)) == 4
    become(engine, TextState.QUEUED, TextState.HANDED)
    run(engine, id)
    assert len(rows(engine)) == 8


def test_not_before_its_time(engine: Engine, join: Join) -> None:
    join(1, name="A")
    id = order(engine, start_at=NOW + timedelta(hours=1))
    assert not step(engine, id)
    with engine.begin() as conn:
        assert broadcasts.under_way(conn, NOW) == []
        assert broadcasts.under_way(conn, NOW + timedelta(hours=1)) == [id]
    assert step(engine, id, NOW + timedelta(hours=1))


def test_pause_holds_what_is_queued_and_resume_frees_it(engine: Engine, join: Join) -> None:
    for number in range(4):
        join(number, name="x")
    id = order(engine)
    run(engine, id)
    become(engine, TextState.QUEUED, TextState.CLAIMED, most=1)
    with engine.begin() as conn:
        assert broadcasts.pause(conn, id, NOW, "a typo") == 3
    assert not step(engine, id)
    broadcast, kept = found(engine, id)
    assert (broadcast.paused, broadcast.reason, kept.pending) == (True, "a typo", 4)
    assert sorted(row.state for row in rows(engine)) == ["claimed", "held", "held", "held"]
    with engine.begin() as conn:
        assert broadcasts.resume(conn, id, NOW) == 3
    assert sorted(row.state for row in rows(engine)) == ["claimed", "queued", "queued", "queued"]


@pytest.mark.parametrize("paused", [False, True])
def test_cancel_takes_back_what_has_not_left_and_the_books_still_balance(
    engine: Engine, join: Join, monkeypatch: pytest.MonkeyPatch, paused: bool
) -> None:
    monkeypatch.setattr(steps, "WRITTEN", 2)
    monkeypatch.setattr(steps, "AHEAD", 3)
    for number in range(6):
        join(number, name="x")
    id = order(engine)
    run(engine, id)
    become(engine, TextState.QUEUED, TextState.HANDED, most=1)
    with engine.begin() as conn:
        conn.execute(texts.update().where(texts.c.state == "queued").values(reason="its limits let it go later"))
        if paused:
            broadcasts.pause(conn, id, NOW)
        assert broadcasts.cancel(conn, id, NOW, "a typo") == 3
        assert set(conn.scalars(select(texts.c.reason).where(texts.c.state == "cancelled"))) == {"a typo"}
    assert not step(engine, id)
    kept = found(engine, id)[1]
    assert (kept.accounts["handed"], kept.accounts["cancelled"], kept.pending, kept.balanced) == (1, 5, 0, True)


def test_what_is_over_cannot_be_held(engine: Engine, join: Join) -> None:
    id = order(engine, segment={"tag": "nobody"})
    run(engine, id)
    assert found(engine, id)[0].state is BroadcastState.FINISHED
    with engine.begin() as conn:
        for act in (broadcasts.pause, broadcasts.resume, broadcasts.cancel):
            with pytest.raises(WrongState):
                act(conn, id, NOW)
        with pytest.raises(NoSuchBroadcast):
            broadcasts.pause(conn, 99, NOW)


def test_books_that_do_not_balance_block_it(engine: Engine, join: Join) -> None:
    join(1, name="A")
    id = order(engine)
    run(engine, id)
    with engine.begin() as conn:
        conn.execute(texts.delete())
    run(engine, id)
    broadcast = found(engine, id)[0]
    assert broadcast.state is BroadcastState.BLOCKED
    assert "do not balance" in (broadcast.reason or "")


def test_what_cannot_be_ordered_is_refused(engine: Engine, join: Join) -> None:
    with pytest.raises(BadTemplate):
        order(engine, "{{ name")
    with pytest.raises(BroadcastError, match="before it begins"):
        order(engine, expires_at=NOW)
    with engine.begin() as conn, pytest.raises(BroadcastError, match="no leader"):
        broadcasts.order(conn, Order("eve", "x", "x", parse({}), NOW), NOW)


ACTS = st.lists(
    st.sampled_from(["step", "pause", "resume", "cancel", "claim", "hand", "deliver", "revoke"]), max_size=25
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_the_books_balance_at_every_instant(
    engine: Engine, join: Join, monkeypatch: pytest.MonkeyPatch, acts: list[str]
) -> None:
    monkeypatch.setattr(steps, "WRITTEN", 2)
    monkeypatch.setattr(steps, "FROZEN", 2)
    with engine.begin() as conn:
        conn.execute(texts.delete())
        conn.execute(members.delete())
    for number in range(5):
        join(number, name="x" if number != 3 else "")
    id = order(engine)
    moves = {
        "claim": (TextState.QUEUED, TextState.CLAIMED),
        "hand": (TextState.CLAIMED, TextState.HANDED),
        "deliver": (TextState.HANDED, TextState.DELIVERED),
        "revoke": (TextState.QUEUED, TextState.REVOKED),
    }
    for act in acts:
        try:
            with engine.begin() as conn:
                if act == "step":
                    steps.step(conn, id, NOW)
                elif act not in moves:
                    getattr(broadcasts, act)(conn, id, NOW)
        except WrongState:
            pass
        if act in moves:
            become(engine, *moves[act], most=2)
        assert found(engine, id)[1].balanced
