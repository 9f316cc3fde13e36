"""What each verdict means for the ledger and for the delivery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.broker import Tag
from actors.smtp import Outcome, Verdict
from actors.smtp.replies import Reply
from apps.email.config import Retry
from apps.email.jobs import Job
from apps.email.outcome import Then, retry_delay, settled
from apps.email.parcel import Parcel
from apps.email.states import State, may_become
from apps.email.trace import Trace

RETRY = Retry.model_validate({"min_seconds": 30, "max_seconds": 3600, "max_attempts": 5})


def parcel(mail_class="transactional"):
    job = Job("k", "t", "/s", "1", "password_reset", mail_class, "ada@example.org", "ada@example.org")
    return Parcel(job, "/consumer", Tag(1, 1))


def verdict(outcome, code=None, enhanced=None):
    reply = None if code is None else Reply(code, enhanced, ("text",))
    return Verdict("k", outcome, reply, "the reason")


@pytest.mark.parametrize(
    ("said", "mail_class", "attempt", "state", "then"),
    [
        (verdict(Outcome.ACCEPTED, 250, "2.0.0"), "bulk", 1, State.HANDED, Then.ACK),
        (verdict(Outcome.REFUSED, 550, "5.1.1"), "bulk", 1, State.FAILED, Then.ACK),
        (verdict(Outcome.DEFERRED, 451, "4.7.1"), "bulk", 1, State.DEFERRED, Then.LATER),
        (verdict(Outcome.DEFERRED, 451, "4.7.1"), "bulk", 5, State.FAILED, Then.ACK),
        (verdict(Outcome.UNKNOWN), "bulk", 1, State.IN_DOUBT, Then.ACK),
        (verdict(Outcome.UNKNOWN), "transactional", 1, State.IN_DOUBT, Then.AGAIN),
    ],
)
def test_verdicts(said, mail_class, attempt, state, then):
    entry = settled(parcel(mail_class), said, attempt, Trace(), RETRY)
    assert (entry.result.state, entry.then) == (state, then)
    assert entry.result.trace.steps[-1]["step"] == "reply"
    if said.reply is not None:
        assert (entry.result.code, entry.result.enhanced) == (said.code, said.enhanced)


def test_what_was_not_sent_is_given_back_and_no_attempt_is_written():
    entry = settled(parcel(), verdict(Outcome.UNSENT), 1, Trace(), RETRY)
    assert entry.result is None and entry.then is Then.AGAIN


def test_giving_up_says_how_often_it_was_tried():
    entry = settled(parcel(), verdict(Outcome.DEFERRED, 451, "4.7.1"), 5, Trace(), RETRY)
    assert entry.result.reason == "given up after 5 attempts: the reason"


@given(st.sampled_from(Outcome), st.sampled_from(["bulk", "transactional"]), st.integers(1, 100))
def test_every_outcome_is_a_move_the_ledger_allows(outcome, mail_class, attempt):
    code = {Outcome.ACCEPTED: 250, Outcome.REFUSED: 550, Outcome.DEFERRED: 450}.get(outcome)
    entry = settled(parcel(mail_class), verdict(outcome, code), attempt, Trace(), RETRY)
    assert entry.result is None or may_become(State.CLAIMED, entry.result.state)


@given(st.integers(1, 10_000))
def test_the_pause_doubles_up_to_its_limit(attempt):
    assert 30 <= retry_delay(attempt, RETRY) <= retry_delay(attempt + 1, RETRY) <= 3600
    assert retry_delay(1, RETRY) == 30 and retry_delay(2, RETRY) == 60
