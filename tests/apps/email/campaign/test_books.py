import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert

from apps.email.campaign import books, mails, sends
from apps.email.campaign.books import Books, Reason
from apps.email.campaign.errors import NotNow
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.states import MailState
from apps.email.campaign.tables import MAILS, PEOPLE
from tests.apps.email.campaign.world import ME, NOW, running

DECIDED = (MailState.FAILED, MailState.SUPPRESSED, MailState.SKIPPED)
ENDS = (MailState.HANDED, MailState.FAILED, MailState.DEFERRED, MailState.IN_DOUBT, None)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*DECIDED, *ENDS, "untaken"]), max_size=12))
def test_the_books_balance_whatever_becomes_of_people(engine: Engine, fates: list[MailState | str | None]) -> None:
    with engine.connect() as conn:
        ids = [f"p{number}" for number in range(len(fates))]
        send = running(conn, ids)
        kept = {id: fate for id, fate in zip(ids, fates, strict=True) if fate != "untaken"}
        decided = {id: fate for id, fate in kept.items() if fate in DECIDED}
        mails.claim(conn, send, [Claim(id, state=MailState(fate)) for id, fate in decided.items()], ME, NOW)
        mails.claim(conn, send, [Claim(id) for id in kept.keys() - decided.keys()], ME, NOW)
        assert books.of(conn, send).balanced
        results = [Result(id, MailState(fate)) for id, fate in kept.items() if fate and id not in decided]
        mails.settle(conn, send, results, ME, NOW)
        found = books.of(conn, send)
        audited = books.audit(conn, send)
        conn.rollback()
    assert found.balanced
    assert found.targeted == len(fates)
    counted = {state: fates.count(state) for state in MailState}
    assert [found.handed, found.failed, found.suppressed, found.skipped, found.in_doubt, found.deferred] == [
        *(counted[state] for state in (MailState.HANDED, *DECIDED, MailState.IN_DOUBT, MailState.DEFERRED)),
    ]
    assert (audited is None) == (found.pending == 0)


@pytest.mark.parametrize("wrong", ["a mail too many", "a person less", "a mail of somebody else"])
def test_books_that_were_tampered_with_are_not_passed(engine: Engine, wrong: str) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b"])
        mails.claim(conn, send, [Claim(id, state=MailState.SKIPPED) for id in ("a", "b")], ME, NOW)
        assert books.audit(conn, send) is None
        if wrong != "a person less":
            stranger = {"send_id": send.id, "day": send.day, "person_id": "c", "state": "handed", "attempts": 1}
            conn.execute(insert(MAILS), {**stranger, "at": NOW})
        if wrong == "a mail of somebody else":
            conn.execute(delete(MAILS).where(MAILS.c.person_id == "b"))
        if wrong == "a person less":
            conn.execute(delete(PEOPLE).where(PEOPLE.c.person_id == "b"))
        assert "do not balance" in (books.audit(conn, send) or "")


def test_reasons_are_counted_the_most_frequent_first(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b", "c", "d"])
        mails.claim(conn, send, [Claim(id) for id in ("a", "b", "c")], ME, NOW)
        mails.claim(conn, send, [Claim("d", state=MailState.SUPPRESSED, reason="complaint")], ME, NOW)
        failed = [Result(id, MailState.FAILED, "no such user", 550, "5.1.1", f"reply to {id}") for id in ("a", "b")]
        mails.settle(conn, send, [*failed, Result("c", MailState.HANDED, None, 250)], ME, NOW)
        assert books.reasons(conn, send) == [
            Reason(MailState.FAILED, "no such user", 550, "5.1.1", 2),
            Reason(MailState.SUPPRESSED, "complaint", None, None, 1),
        ]
        assert [row.person_id for row in books.rows(conn, send, MailState.FAILED, 10)] == ["a", "b"]
        assert books.rows(conn, send, MailState.FAILED, 1)[0].reply == "reply to a"


def test_doubts_are_resolved_by_hand_with_a_note(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, ["a", "b", "c"])
        mails.claim(conn, send, [Claim(id) for id in ("a", "b", "c")], ME, NOW)
        doubts = [Result(id, MailState.IN_DOUBT, "its sender died") for id in ("a", "b")]
        mails.settle(conn, send, [*doubts, Result("c", MailState.HANDED)], ME, NOW)
        books.keep(conn, send)
        send = sends.load(conn, send.id)
        assert books.resolve(conn, send, MailState.FAILED, "not in the relay's log", NOW, ["a", "c"]) == 1
        assert books.resolve(conn, send, MailState.HANDED, "in the relay's log", NOW) == 1
        assert books.resolve(conn, send, MailState.HANDED, "again", NOW) == 0
        assert sends.load(conn, send.id).sums == Books(3, handed=2, failed=1).to_dict()
        (row,) = books.rows(conn, send, MailState.FAILED, 10)
        assert row.reason == "resolved by hand: not in the relay's log"
        with pytest.raises(NotNow):
            books.resolve(conn, send, MailState.SKIPPED, "", NOW)
