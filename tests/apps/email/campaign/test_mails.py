import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select, text

from apps.email.campaign import chunks, mails, sends
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MAILS, ChunkState, MailState, SendState
from apps.email.campaign.tables import MAILS as TABLE
from apps.people.address import parse
from apps.people.preference import prefer
from apps.people.suppression import Why, suppress
from tests.apps.email.campaign.world import ME, NOW, OTHER, chunk, people, running

LATER = NOW + timedelta(hours=1)


def claimed(conn: Connection, send: Send, *ids: str, by: str = ME) -> frozenset[str]:
    return mails.claim(conn, send, [Claim(id, "en") for id in ids], by, NOW)


def state(conn: Connection, send: Send, id: str = "a") -> MailState:
    return mails.mails(conn, send, chunk(send))[id].state


def test_a_claim_is_won_once(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b", "c"])
        assert claimed(conn, send, "a", "b") == {"a", "b"}
        assert claimed(conn, send, "b", "c", by=OTHER) == {"c"}
        found = mails.mails(conn, send, chunk(send))
    assert {id: (mail.state, mail.attempts, mail.claimed_by) for id, mail in found.items()} == {
        "a": (MailState.CLAIMED, 1, ME),
        "b": (MailState.CLAIMED, 1, ME),
        "c": (MailState.CLAIMED, 1, OTHER),
    }


def test_two_at_the_same_time_share_the_claims(engine: Engine) -> None:
    ids = [f"p{number}" for number in range(200)]
    with engine.begin() as conn:
        send = running(conn, ids)
    won: dict[str, frozenset[str]] = {}
    together = threading.Barrier(2, timeout=10)

    def take(me: str, mine: list[str]) -> None:
        together.wait()
        with engine.begin() as conn:
            won[me] = mails.claim(conn, send, [Claim(id) for id in mine], me, NOW)

    threads = [threading.Thread(target=take, args=args) for args in ((ME, ids), (OTHER, ids[::-1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert won[ME] | won[OTHER] == set(ids)
    assert not won[ME] & won[OTHER]


@pytest.mark.parametrize("held", [SendState.PAUSED, SendState.CANCELLED])
def test_nothing_is_claimed_of_a_send_that_is_held(engine: Engine, held: SendState) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b"])
        assert claimed(conn, send, "a") == {"a"}
        sends.move(conn, send.id, held, NOW)
        assert claimed(conn, send, "b") == frozenset()
        assert mails.settle(conn, send, [Result("a", MailState.HANDED)], ME, NOW) == 1


@pytest.mark.parametrize("outcome", sorted(MAILS[MailState.CLAIMED]))
def test_an_outcome_is_taken_from_the_holder_alone(engine: Engine, outcome: MailState) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a"])
        claimed(conn, send, "a")
        result = Result("a", outcome, "a \r\nreason" + "n" * 400, 450, "4.2.1", "greylisted", LATER)
        assert mails.settle(conn, send, [result], OTHER, NOW) == 0
        assert mails.settle(conn, send, [result], ME, NOW) == 1
        row = conn.execute(select(TABLE)).one()
    assert (row.state, row.code, row.enhanced, row.reply) == (outcome, 450, "4.2.1", "greylisted")
    assert row.reason.startswith("a   reason") and len(row.reason) == mails.MAX_REASON_CHARACTERS
    assert (row.due_at, row.at) == (LATER, NOW)


def test_what_is_settled_stays_and_a_doubt_takes_the_late_answer(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b"])
        claimed(conn, send, "a", "b")
        assert mails.settle(conn, send, [Result("a", MailState.HANDED)], ME, NOW) == 1
        assert mails.settle(conn, send, [Result("a", MailState.FAILED)], ME, NOW) == 0
        assert mails.doubt(conn, send, chunk(send), ME, "mine", NOW) == 0
        assert mails.doubt(conn, send, chunk(send), OTHER, "its holder is gone", NOW) == 1
        assert state(conn, send, "b") is MailState.IN_DOUBT
        assert claimed(conn, send, "a", "b", by=OTHER) == frozenset()
        assert mails.settle(conn, send, [Result("b", MailState.IN_DOUBT)], ME, NOW) == 0
        assert mails.settle(conn, send, [Result("b", MailState.HANDED)], ME, NOW) == 1
        assert (state(conn, send, "a"), state(conn, send, "b")) == (MailState.HANDED, MailState.HANDED)


def test_what_is_deferred_is_taken_up_again_when_it_is_due(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a"])
        claimed(conn, send, "a")
        mails.settle(conn, send, [Result("a", MailState.DEFERRED, due_at=LATER)], ME, NOW)
        assert claimed(conn, send, "a", by=OTHER) == frozenset()
        assert mails.claim(conn, send, [Claim("a")], OTHER, LATER) == {"a"}
        assert mails.mails(conn, send, chunk(send))["a"].attempts == 2
        assert mails.release(conn, send, ["a"], OTHER, "paused", LATER) == 1
        assert claimed(conn, send, "a") == {"a"}


def test_what_is_decided_before_a_hand_over_is_written_down_by_a_claim(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b", "c"])
        told = [Claim("a", None, MailState.SUPPRESSED, "complaint"), Claim("b", None, MailState.SKIPPED, "too late")]
        assert mails.claim(conn, send, told, ME, NOW) == {"a", "b"}
        row = conn.execute(select(TABLE).where(TABLE.c.person_id == "a")).one()
        assert (row.state, row.reason, row.attempts, row.claimed_by) == ("suppressed", "complaint", 0, None)
        assert claimed(conn, send, "a", "b") == frozenset()
    with pytest.raises(ValueError, match="cannot begin"), engine.begin() as conn:
        mails.claim(conn, send, [Claim("c", None, MailState.HANDED)], ME, NOW)
    with pytest.raises(ValueError, match="cannot end"), engine.begin() as conn:
        mails.settle(conn, send, [Result("c", MailState.SKIPPED)], ME, NOW)


def test_who_is_not_to_be_written_to_at_this_hour_waits_for_another(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a"])
        night = Claim("a", "en", MailState.DEFERRED, "waits for the morning", LATER)
        assert mails.claim(conn, send, [night], ME, NOW) == {"a"}
        found = mails.mails(conn, send, chunk(send))["a"]
        assert (found.state, found.attempts, found.due_at, found.claimed_by) == (MailState.DEFERRED, 0, LATER, None)
        assert claimed(conn, send, "a") == frozenset()
        assert mails.claim(conn, send, [Claim("a")], ME, LATER) == {"a"}
        assert mails.mails(conn, send, chunk(send))["a"].due_at is None


def test_nothing_is_asked_of_the_database_for_nothing(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, [])
        assert mails.claim(conn, send, [], ME, NOW) == frozenset()
        assert mails.settle(conn, send, [], ME, NOW) == 0


def test_the_people_of_a_chunk_come_with_what_speaks_against_writing_to_them(engine: Engine) -> None:
    with engine.begin() as conn:
        ids = people(conn, 5)
        send = running(conn, [*ids, "nobody"], chunk_size=4)
        prefer(conn, ids[1], "petition_updates", False, NOW)
        prefer(conn, ids[1], "bulk", False, NOW)
        prefer(conn, ids[2], "another", False, NOW)
        suppress(conn, parse(f"{ids[3]}@example.org").key, Why.UNSUBSCRIBE, NOW)
        suppress(conn, parse(f"{ids[3]}@example.org").key, Why.HARD_BOUNCE, LATER)
        everybody, known = mails.people(conn, send, chunk(send, 1))
        assert list(everybody) == ids[:4]
        assert [known[id].unwanted for id in ids[:4]] == [None, "bulk", None, None]
        assert [known[id].suppressed for id in ids[:4]] == [None, None, None, "hard_bounce"]
        assert (known[ids[0]].address, known[ids[0]].locale) == (f"{ids[0]}@example.org", "en-GB")
        everybody, known = mails.people(conn, send, chunk(send, 2))
        assert (list(everybody), list(known)) == ([ids[4], "nobody"], [ids[4]])


def rows_read(conn: Connection) -> int:
    """Of the tables of mails, by this transaction."""
    name = TABLE.name.replace("_", "\\_")
    statement = text(
        "SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) FROM pg_stat_xact_user_tables WHERE relname LIKE :name"
    )
    return int(conn.execute(statement, {"name": f"{name}%"}).scalar_one())


def test_a_chunk_of_a_large_send_that_was_never_analysed_costs_no_more_than_of_a_small_one(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL counts the rows it reads")
    ids = [f"p{number:05}" for number in range(5000)]
    with engine.begin() as conn:
        send = running(conn, ids)
        assert len(claimed(conn, send, *ids)) == len(ids)
    with engine.begin() as conn:
        before = rows_read(conn)
        assert len(mails.mails(conn, send, chunk(send, 3))) == 500
        assert mails.settle(conn, send, [Result(id, MailState.HANDED) for id in ids[1000:1100]], ME, NOW) == 100
        assert mails.doubt(conn, send, chunk(send, 3), OTHER, "gone", NOW) == 400
        assert chunks.chunk_done(conn, send, chunk(send, 4), NOW) is ChunkState.PUBLISHED
        assert rows_read(conn) - before < 2500
