from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, select

from apps.email.campaign import books, chunks, fanning, mails, sends
from apps.email.campaign.books import Books
from apps.email.campaign.fanout import step
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.sends import Send, start_send
from apps.email.campaign.states import ChunkState, MailState, SendState
from apps.email.campaign.tables import CHUNKS, MAILS
from tests.apps.email.campaign.fanned import CONFIG, Queue, Transactions, fan_out, one_step
from tests.apps.email.campaign.world import ME, NOW, OTHER, dispatch, order, people


def started(engine: Engine, count: int, chunk_size: int = 2) -> int:
    """The id of a send that runs, before its first chunk."""
    with engine.begin() as conn:
        people(conn, count)
        id, _ = start_send(conn, order(), NOW, chunk_size)
    while True:
        one_step(engine, id, Queue())
        with engine.connect() as conn:
            if sends.load(conn, id).state is SendState.RUNNING:
                return id


def states(engine: Engine, id: int) -> list[str]:
    with engine.connect() as conn:
        return list(conn.scalars(select(CHUNKS.c.state).where(CHUNKS.c.send_id == id).order_by(CHUNKS.c.number)))


def test_a_send_goes_from_its_draft_to_its_end_and_everybody_gets_one_mail(engine: Engine) -> None:
    with engine.begin() as conn:
        ids = people(conn, 11)
        id, _ = start_send(conn, order(), NOW, 2)
    send, handed = fan_out(engine, id)
    assert (send.state, send.targeted, send.published) == (SendState.FINISHED, 11, 6)
    assert handed == Counter(ids)
    assert send.sums is not None and send.sums["handed"] == 11


def test_a_send_to_nobody_is_finished(engine: Engine) -> None:
    with engine.begin() as conn:
        id, _ = start_send(conn, order(audience={"any": []}), NOW)
    assert fan_out(engine, id)[0].state is SendState.FINISHED


def test_no_more_chunks_are_in_flight_than_allowed(engine: Engine) -> None:
    id, queue = started(engine, 11), Queue()
    assert one_step(engine, id, queue).published == 2
    assert one_step(engine, id, queue).published == 0
    assert [chunk.number for chunk in queue.chunks] == [1, 2]
    with engine.begin() as conn:
        dispatch(conn, sends.load(conn, id), queue.chunks[0], ME, Counter())
    assert one_step(engine, id, queue).published == 1
    assert states(engine, id) == ["done", "published", "published"]


def test_what_was_not_confirmed_is_published_again_and_doubles_nobody(engine: Engine) -> None:
    id, queue, handed = started(engine, 4), Queue(), Counter[str]()
    with engine.begin() as conn:
        fanning.take(conn, id, ME, NOW)
        queue.chunks += fanning.plan(conn, id, ME, 2, NOW)
        send = sends.load(conn, id)
        # The broker has them, a dispatcher was fast, and then the fan-out died.
        dispatch(conn, send, queue.chunks[0], ME, handed)
    one_step(engine, id, queue)
    assert [chunk.number for chunk in queue.chunks] == [1, 2, 2]
    with engine.begin() as conn:
        for chunk in queue.chunks:
            dispatch(conn, send, chunk, OTHER, handed)
    assert set(handed.values()) == {1} and len(handed) == 4
    one_step(engine, id, queue)
    assert states(engine, id) == ["done", "done"]
    with engine.connect() as conn:
        assert sends.load(conn, id).state is SendState.FINISHED


def test_only_the_holder_fans_out_until_its_lease_ends(engine: Engine) -> None:
    id = started(engine, 4)
    later = NOW + timedelta(seconds=fanning.LEASE_SECONDS + 1)
    with engine.begin() as conn:
        assert fanning.take(conn, id, OTHER, NOW) is None
        assert fanning.plan(conn, id, OTHER, 9, NOW) == []
        mine = fanning.take(conn, id, ME, NOW)
        assert mine is not None
        planned = fanning.plan(conn, id, ME, 1, NOW)
        theirs = fanning.take(conn, id, OTHER, later)
        assert theirs is not None
        again = fanning.plan(conn, id, OTHER, 1, NOW)
        assert [chunk.number for chunk in again] == [chunk.number for chunk in planned] == [1]
        assert not fanning.confirm(conn, mine, planned, ME, later)
        assert fanning.confirm(conn, theirs, again, OTHER, later)
        assert not fanning.confirm(conn, theirs, again, OTHER, later)
        fanning.give_up(conn, OTHER)
        assert fanning.take(conn, id, ME, NOW) is not None


def test_a_chunk_given_back_or_due_again_is_published_again(engine: Engine) -> None:
    id, queue = started(engine, 4), Queue()
    one_step(engine, id, queue)
    with engine.begin() as conn:
        send = sends.load(conn, id)
        chunks.chunk_returned(conn, queue.chunks[0], NOW)
        everybody, _ = mails.people(conn, send, queue.chunks[1])
        mails.claim(conn, send, [Claim(one) for one in everybody], ME, NOW)
        later = [Result(one, MailState.DEFERRED, due_at=NOW + timedelta(hours=1)) for one in everybody]
        mails.settle(conn, send, later, ME, NOW)
        assert chunks.chunk_done(conn, send, queue.chunks[1], NOW) is ChunkState.WAITING
    queue.chunks.clear()
    one_step(engine, id, queue)
    assert [chunk.number for chunk in queue.chunks] == [1]
    with engine.begin() as conn:
        assert [one.number for one in fanning.plan(conn, id, ME, 9, NOW + timedelta(hours=2))] == [2]


def test_a_send_that_is_held_publishes_nothing_and_goes_on_later(engine: Engine) -> None:
    id, queue = started(engine, 4), Queue()
    with engine.begin() as conn:
        sends.move(conn, id, SendState.PAUSED, NOW)
    assert one_step(engine, id, queue).published == 0
    with engine.begin() as conn:
        sends.move(conn, id, SendState.RUNNING, NOW)
        fanning.publish_again(conn, id, NOW)
    one_step(engine, id, queue)
    with engine.begin() as conn:
        assert fanning.publish_again(conn, id, NOW) == 2
    one_step(engine, id, queue)
    assert [chunk.number for chunk in queue.chunks] == [1, 2, 1, 2]


def test_a_send_whose_books_do_not_balance_cannot_finish(engine: Engine) -> None:
    id, queue = started(engine, 2), Queue()
    one_step(engine, id, queue)
    with engine.begin() as conn:
        dispatch(conn, sends.load(conn, id), queue.chunks[0], ME, Counter())
        conn.execute(delete(MAILS).where(MAILS.c.person_id == "p000001"))
    one_step(engine, id, queue)
    with engine.connect() as conn:
        send = sends.load(conn, id)
    assert send.state is SendState.BLOCKED
    assert "1 people without one" in (send.reason or "")


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_a_send_that_was_paused_before_it_ran_goes_on_to_everybody(engine: Engine, steps: int) -> None:
    """Held before, amid and after the freezing of five people in pages of two."""
    with engine.begin() as conn:
        people(conn, 5)
        id, _ = start_send(conn, order(), NOW, 2)
    queue = Queue()
    for _ in range(steps):
        one_step(engine, id, queue)
    with engine.begin() as conn:
        held = sends.move(conn, id, SendState.PAUSED, NOW, "a wrong picture")
        assert books.of(conn, held) == Books(held.targeted, pending=held.targeted)
    assert one_step(engine, id, queue).published == 0
    with engine.begin() as conn:
        assert sends.load(conn, id) == held
        sends.move(conn, id, SendState.DRAFT, NOW)
    send, handed = fan_out(engine, id)
    assert send.state is SendState.FINISHED
    assert handed == Counter(f"p{number:06}" for number in range(5))


def test_a_pause_during_the_checks_holds(engine: Engine) -> None:
    with engine.begin() as conn:
        people(conn, 5)
        id, _ = start_send(conn, order(), NOW, 2)
    queue = Queue()
    for _ in range(4):
        one_step(engine, id, queue)

    def check(conn: Connection, send: Send) -> None:
        """Somebody pauses it just then."""
        assert send.state is SendState.FROZEN
        sends.move(conn, id, SendState.PAUSED, NOW)

    step(Transactions(engine), queue.publish, id, ME, CONFIG, (check,), NOW)
    with engine.begin() as conn:
        assert sends.load(conn, id).state is SendState.PAUSED
