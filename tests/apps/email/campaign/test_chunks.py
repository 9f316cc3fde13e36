from datetime import timedelta

from sqlalchemy import Connection, Engine, select

from apps.email.campaign import chunks, mails
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.sends import Send
from apps.email.campaign.states import ChunkState, MailState
from apps.email.campaign.tables import CHUNKS
from tests.apps.email.campaign.world import ME, NOW, OTHER, chunk, running

SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)


def settle(conn: Connection, send: Send, **states: MailState) -> None:
    mails.claim(conn, send, [Claim(id) for id in states], ME, NOW)
    due = {"a": LATER, "b": SOON}
    results = [Result(id, state, due_at=due.get(id)) for id, state in states.items() if state is not MailState.CLAIMED]
    mails.settle(conn, send, results, ME, NOW)


def test_a_chunk_is_done_when_everybody_in_it_is_accounted_for(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b", "c", "d"], chunk_size=3)
        settle(conn, send, a=MailState.HANDED, b=MailState.IN_DOUBT)
        mails.claim(conn, send, [Claim("c", state=MailState.SKIPPED)], ME, NOW)
        assert chunks.in_flight(conn, send.id) == 2
        assert chunks.chunk_done(conn, send, chunk(send), NOW) is ChunkState.DONE
        assert chunks.in_flight(conn, send.id) == 1
        assert chunks.chunk_returned(conn, chunk(send), NOW) is ChunkState.DONE


def test_a_chunk_with_deferred_mails_waits_for_the_first_of_them(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b", "c"])
        settle(conn, send, a=MailState.DEFERRED, b=MailState.DEFERRED, c=MailState.HANDED)
        assert chunks.chunk_done(conn, send, chunk(send), NOW) is ChunkState.WAITING
        assert conn.execute(select(CHUNKS.c.again_at)).scalar_one() == SOON


def test_a_chunk_that_another_dispatcher_works_on_stays_as_it_is(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b"])
        settle(conn, send, a=MailState.HANDED, b=MailState.CLAIMED)
        assert mails.claim(conn, send, [Claim("a"), Claim("b")], OTHER, NOW) == frozenset()
        assert chunks.chunk_done(conn, send, chunk(send), NOW) is ChunkState.PUBLISHED


def test_a_chunk_in_which_somebody_was_never_taken_goes_back(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b"])
        settle(conn, send, a=MailState.HANDED)
        assert chunks.chunk_done(conn, send, chunk(send), NOW) is ChunkState.RETURNED
