import pytest

from actors.smtp.replies import Reply
from actors.smtp.verdicts import Outcome, cannot_be_sent, judge, judge_refusals, unknown, unsent

TAKEN = Reply(250, "2.0.0", ("ok",))
LATER = Reply(451, "4.7.1", ("slow down",))
NEVER = Reply(550, "5.1.1", ("nobody",))


@pytest.mark.parametrize(
    ("reply", "outcome"), [(TAKEN, Outcome.ACCEPTED), (LATER, Outcome.DEFERRED), (NEVER, Outcome.REFUSED)]
)
def test_the_class_of_the_reply_decides(reply: Reply, outcome: Outcome) -> None:
    verdict = judge("k", reply)
    assert (verdict.key, verdict.outcome, verdict.reply, verdict.reason) == ("k", outcome, reply, str(reply))
    assert (verdict.code, verdict.enhanced) == (reply.code, reply.enhanced)


def test_one_recipient_put_off_is_enough_to_try_again() -> None:
    verdict = judge_refusals("k", [("a@example.org", NEVER), ("b@example.org", LATER)])
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.code == 451
    assert verdict.refused == (("a@example.org", NEVER), ("b@example.org", LATER))


def test_all_recipients_refused_is_refused() -> None:
    assert judge_refusals("k", [("a@example.org", NEVER)]).outcome is Outcome.REFUSED


def test_without_a_reply_there_is_a_reason_and_no_code() -> None:
    for verdict in (unknown("k", "gone"), unsent("k", "gone"), cannot_be_sent("k", "gone")):
        assert "gone" in verdict.reason
        assert (verdict.code, verdict.enhanced, verdict.reply) == (None, None, None)
