"""Dedupe and caps on both databases: counted exactly, whoever claims at the same time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from actors.database.engine import open_engine
from apps.email import ledger
from apps.email.compose import Composed
from apps.email.jobs import Job, key_of
from apps.email.ledger import Claim, Result
from apps.email.mime import Mime
from apps.email.rulebook.limits import Sent, overrun, overruns, withhold
from apps.email.rulebook.terms import Terms
from apps.email.states import State
from apps.email.trace import Trace
from tests.actors.database.things import QUICK

PATIENT = QUICK.model_copy(update={"acquire_timeout_seconds": 10.0})
NOW = 1_800_000_000.0
HOUR = 3600.0
MAIL = Mime("<x@example.org>", "a@example.org", "b@example.org", b"", False)


def job(number: int, person: str = "ada", topic: str | None = "news", rule: str = "news", **terms: Any) -> Job:
    return Job(
        key=key_of("/test", str(number), rule, person),
        event_type="news",
        event_source="/test",
        event_id=str(number),
        template="petition_update",
        mail_class="bulk",
        person=person,
        address=f"{person}@example.org",
        topic=topic,
        rule=rule,
        terms=Terms(**terms).to_dict(),
    )


def composed(of: Job) -> Composed:
    return Composed(Claim(of, "<x@example.org>", "en", Trace()), MAIL)


def claim(engine: Engine, jobs: list[Job], now: float = NOW, claimant: str = "me") -> list[Composed]:
    with engine.begin() as conn:
        entries = withhold(conn, [composed(one) for one in jobs], now)
        ledger.claim(conn, [entry.claim for entry in entries], claimant, now)
    return entries


def sent(entries: list[Composed]) -> list[bool]:
    return [entry.mail is not None for entry in entries]


CAP: dict[str, Any] = {"cap": 2, "cap_seconds": HOUR}


def test_a_cap_counts_what_was_sent_and_what_is_about_to_be(engine: Engine) -> None:
    assert sent(claim(engine, [job(1, **CAP)])) == [True]
    entries = claim(engine, [job(2, **CAP), job(3, **CAP)], NOW + 10)
    assert sent(entries) == [True, False]
    refused = entries[1].claim
    assert refused.state is State.SKIPPED
    assert refused.reason == "cap: 2 of 2 mails of topic news within 1:00:00"
    assert refused.trace.steps[-1] == {"step": "skipped", "reason": refused.reason}
    assert sent(claim(engine, [job(4, **CAP)], NOW + HOUR + 1)) == [True]  # the first one has left the period


def test_caps_are_per_person_and_topic_and_other_rules_of_the_topic_count(engine: Engine) -> None:
    claim(engine, [job(1), job(2, rule="other")])
    assert sent(claim(engine, [job(3, **CAP)])) == [False]
    assert sent(claim(engine, [job(3, "bob", **CAP), job(5, topic="else", rule="else", **CAP)])) == [True, True]


def test_what_failed_or_was_skipped_does_not_count(engine: Engine) -> None:
    first = job(1, **CAP)
    claim(engine, [first])
    with engine.begin() as conn:
        ledger.settle(conn, [Result(first.key, State.FAILED, "gone")], "me", NOW)
    assert sent(claim(engine, [job(2, **CAP), job(3, **CAP), job(4, **CAP)])) == [True, True, False]


def test_a_second_attempt_is_not_kept_back_by_its_first(engine: Engine) -> None:
    once = job(1, cap=1, cap_seconds=HOUR, dedupe="d", dedupe_seconds=HOUR)
    claim(engine, [once])
    with engine.begin() as conn:
        ledger.settle(conn, [Result(once.key, State.DEFERRED, "later")], "me", NOW)
    assert sent(claim(engine, [once], NOW + 60)) == [True]


def test_the_same_within_the_window_is_skipped_and_says_what_it_is_the_same_as(engine: Engine) -> None:
    same: dict[str, Any] = {"dedupe": "d", "dedupe_seconds": HOUR}
    first = job(1, **same)
    claim(engine, [first])
    (second,) = claim(engine, [job(2, **same)], NOW + 60)
    assert second.claim.reason == f"the same as {first.key[:12]}, 0:01:00 ago"
    assert sent(claim(engine, [job(3, **same)], NOW + HOUR + 1)) == [True]


def test_who_claims_at_the_same_time_does_not_get_the_last_place_twice(engine: Engine) -> None:
    real = open_engine(engine.url, PATIENT)

    def one(number: int) -> bool:
        return sent(claim(real, [job(number, cap=3, cap_seconds=HOUR)], claimant=str(number)))[0]

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(one, range(24)))
    real.dispose()
    assert sum(won) == 3


def test_who_only_asks_sees_the_same(engine: Engine) -> None:
    claim(engine, [job(1, **CAP), job(2, **CAP)])
    with engine.connect() as conn:
        assert list(overruns(conn, [job(3, **CAP)], NOW, lock=False)) == [job(3).key]
        assert overruns(conn, [job(3)], NOW) == {}


@given(
    st.lists(st.tuples(st.floats(0, 10_000), st.sampled_from(["news", "else"]), st.sampled_from(["ada", "bob"]))),
    st.integers(1, 4),
    st.floats(1, 10_000),
)
def test_a_cap_allows_exactly_as_many_as_it_says(
    history: list[tuple[float, str, str]], most: int, seconds: float
) -> None:
    now = 10_000.0
    past = [Sent(str(n), person, "r", topic, None, at) for n, (at, topic, person) in enumerate(history)]
    wanted = replace(job(1), key="wanted")
    counted = sum(1 for at, topic, person in history if (topic, person) == ("news", "ada") and at > now - seconds)
    refused = overrun(wanted, Terms(cap=most, cap_seconds=seconds), past, now) is not None
    assert refused == (counted >= most)


@pytest.mark.parametrize("topic", ["news", None])
def test_without_a_topic_the_rule_counts(engine: Engine, topic: str | None) -> None:
    claim(engine, [job(1, topic=None, rule="a"), job(2, topic=topic, rule="b")])
    assert sent(claim(engine, [job(3, topic=None, rule="a", cap=1, cap_seconds=HOUR)])) == [False]
    assert sent(claim(engine, [job(3, topic=None, rule="c", cap=1, cap_seconds=HOUR)])) == [True]
