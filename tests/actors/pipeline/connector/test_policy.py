"""What becomes of a message by each policy."""

import random

import pytest

from actors.broker.message import Delivery, Message, Tag
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.policy import (
    MAX_REQUEUES,
    WORDS,
    Aside,
    Back,
    DeadLetter,
    Done,
    Step,
    policy_of,
    reconfigured,
    step,
)
from actors.pipeline.connector.retry import ATTEMPT, Again, Failure, Retry

FAILURE = Failure("ValueError", "no such person")


def taken(policy: object, count: int = 0, redelivered: bool = False, attempt: int | None = None) -> Step:
    headers = {} if attempt is None else {ATTEMPT: attempt}
    delivery = Delivery(Tag(1, 1), Message(b"x", headers=headers), "work", redelivered or count > 0, count)
    return step(policy_of(policy), delivery, FAILURE, 1000.0, random.Random(0))


def test_ack_reject_and_quarantine_say_what_they_do() -> None:
    assert taken("ack") == Done()
    assert taken("reject") == DeadLetter("ValueError: no such person (from work)")
    assert taken("quarantine") == Aside("ValueError: no such person")


def test_bw_139_requeue_goes_back_whether_redelivered_or_not() -> None:
    assert taken("requeue") == Back()
    assert taken("requeue", count=1) == Back()


def test_bw_139_reject_never_goes_back() -> None:
    assert isinstance(taken("reject", count=1), DeadLetter)


def test_bw_139_requeue_once_goes_back_the_first_time_only() -> None:
    assert taken("requeue_once") == Back()
    assert isinstance(taken("requeue_once", count=1), DeadLetter)


def test_rmq_11_requeue_once_goes_by_the_count_since_a_lost_connection_sets_the_flag_too() -> None:
    assert taken("requeue_once", redelivered=True) == Back()


def test_even_requeue_is_no_endless_loop() -> None:
    assert taken("requeue", count=MAX_REQUEUES - 1) == Back()
    assert isinstance(taken("requeue", count=MAX_REQUEUES), DeadLetter)


def test_retry_counts_by_its_header_and_ends_where_it_says() -> None:
    assert isinstance(taken(Retry(attempts=2)), Again)
    ended = taken(Retry(attempts=2), attempt=2)
    assert ended == DeadLetter("ValueError: no such person (attempt 2 of 2, from work)")
    assert isinstance(taken(Retry(attempts=2, then="quarantine"), attempt=2), Aside)


def test_the_word_retry_is_the_default_policy() -> None:
    assert policy_of("retry") == Retry()


def test_bw_138_an_unknown_value_is_refused_with_those_there_are() -> None:
    with pytest.raises(WrongOption, match="wat") as caught:
        policy_of("wat")
    assert all(word in str(caught.value) for word in WORDS)


def test_bw_138_an_unknown_option_of_a_message_is_refused() -> None:
    with pytest.raises(WrongOption, match="on_whatever"):
        reconfigured("ack", "reject", {"on_whatever": "ack"})


def test_a_message_may_change_one_policy_or_both() -> None:
    assert reconfigured("ack", "reject", {"on_failure": "ack"}) == ("ack", "ack")
    assert reconfigured("ack", "reject", {"on_success": "reject", "on_failure": "retry"}) == ("reject", Retry())
