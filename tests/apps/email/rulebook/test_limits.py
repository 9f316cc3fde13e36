"""Dedupe and caps on both databases: counted exactly, whoever claims at the same time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from actors.database.engine import open_engine
from apps.email import ledger
from apps.email.campaign import mails
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState
from apps.email.compose import Composed
from apps.email.jobs import Job, key_of
from apps.email.ledger import Claim, Result
from apps.email.mime import Mime
from apps.email.rulebook.counted import Mail, other_name
from apps.email.rulebook.limits import overrun, overruns, overruns_of, withhold
from apps.email.rulebook.terms import Terms
from apps.email.states import State
from apps.email.trace import Trace
from apps.people.address import parse
from apps.people.profile import Draft
from apps.people.recipient import Recipient
from apps.people.upsert import upsert
from tests.actors.database.things import QUICK
from tests.apps.email.campaign.world import ME, running

PATIENT = QUICK.model_copy(update={"acquire_timeout_seconds": 10.0})
NOW = 1_800_000_000.0
AT = datetime.fromtimestamp(NOW, UTC)
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


def composed(of: Job, id: str | None = None) -> Composed:
    """`id` of the person, where somebody knows it."""
    human = other_name(of.person, of.address, id)
    return Composed(Claim(of, "<x@example.org>", "en", Trace(), human=human), MAIL)


def claim(
    engine: Engine, jobs: list[Job], now: float = NOW, claimant: str = "me", id: str | None = None
) -> list[Composed]:
    with engine.begin() as conn:
        entries = withhold(conn, [composed(one, id) for one in jobs], now)
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
    past = [Mail(str(n), frozenset({person}), "r", topic, None, at) for n, (at, topic, person) in enumerate(history)]
    wanted = Mail("wanted", frozenset({"ada", "ada@example.org"}), "news", "news", None, now)
    counted = sum(1 for at, topic, person in history if (topic, person) == ("news", "ada") and at > now - seconds)
    refused = overrun(wanted, Terms(cap=most, cap_seconds=seconds), past, now) is not None
    assert refused == (counted >= most)


@pytest.mark.parametrize("topic", ["news", None])
def test_without_a_topic_the_rule_counts(engine: Engine, topic: str | None) -> None:
    claim(engine, [job(1, topic=None, rule="a"), job(2, topic=topic, rule="b")])
    assert sent(claim(engine, [job(3, topic=None, rule="a", cap=1, cap_seconds=HOUR)])) == [False]
    assert sent(claim(engine, [job(3, topic=None, rule="c", cap=1, cap_seconds=HOUR)])) == [True]


# --- one person, several names --------------------------------------------------------------------------------------


def known(engine: Engine, id: str, mail: str) -> None:
    with engine.begin() as conn:
        upsert(conn, [Draft(parse(mail), id=id)], AT)


def called(number: int, person: str, mail: str, **terms: Any) -> Job:
    return replace(job(number, **terms), person=person, address=mail)


ONCE: dict[str, Any] = {"cap": 1, "cap_seconds": HOUR}
BY_ID, BY_ADDRESS = ("7", "ada@example.org"), ("Ada@Example.ORG", "Ada@Example.ORG")


@pytest.mark.parametrize("known_at", ["never", "before", "between"])
@pytest.mark.parametrize(("first", "second"), [(BY_ID, BY_ADDRESS), (BY_ADDRESS, BY_ID), (BY_ADDRESS, BY_ADDRESS)])
def test_a_person_is_counted_once_by_whatever_name(
    engine: Engine, known_at: str, first: tuple[str, str], second: tuple[str, str]
) -> None:
    if known_at == "before":
        known(engine, "7", "ada@example.org")
    assert sent(claim(engine, [called(1, *first, **ONCE)], id="7" if known_at == "before" else None)) == [True]
    if known_at == "between":
        known(engine, "7", "ada@example.org")
    assert sent(claim(engine, [called(2, *second, **ONCE)])) == [False]
    assert sent(claim(engine, [called(3, "8", "bob@example.org", **ONCE)])) == [True]


def test_whoever_claims_for_a_person_by_another_name_at_the_same_time_waits(engine: Engine) -> None:
    known(engine, "7", "ada@example.org")
    real = open_engine(engine.url, PATIENT)
    with ThreadPoolExecutor(8) as threads:
        names = [BY_ID, BY_ADDRESS] * 8
        tries = threads.map(
            lambda one: sent(claim(real, [called(one[0], *one[1], **ONCE)], claimant=str(one[0]), id="7"))[0],
            enumerate(names),
        )
        won = list(tries)
    real.dispose()
    assert sum(won) == 1


def test_the_same_by_another_name_is_the_same(engine: Engine) -> None:
    same: dict[str, Any] = {"dedupe": "d", "dedupe_seconds": HOUR}
    known(engine, "7", "ada@example.org")
    claim(engine, [called(1, *BY_ADDRESS, **same)], id="7")
    assert sent(claim(engine, [called(2, *BY_ID, **same)])) == [False]


# --- mails of sends -------------------------------------------------------------------------------------------------


def campaign(engine: Engine, name: str, persons: list[str], at: datetime, **said: Any) -> Send:
    """A send of the topic `news` whose mails were handed over at that moment."""
    with engine.begin() as conn:
        send = running(conn, persons, name, **{"rule": "news", "topic": "news", **said})
        mails.claim(conn, send, [mails.Claim(id) for id in persons], ME, at)
        mails.settle(conn, send, [mails.Result(id, MailState.HANDED) for id in persons], ME, at)
    return send


@pytest.fixture
def ada(engine: Engine) -> Recipient:
    known(engine, "7", "ada@example.org")
    known(engine, "8", "bob@example.org")
    return Recipient("7", "ada@example.org", "ada@example.org", "", None, None, {})


def test_a_mail_of_a_send_counts_for_a_single_one(engine: Engine, ada: Recipient) -> None:
    campaign(engine, "spring", ["7", "8"], AT)
    campaign(engine, "else", ["7"], AT, topic="else", rule="else")
    for number, name in enumerate((BY_ID, BY_ADDRESS)):
        (refused,) = claim(engine, [called(number, *name, **ONCE)], NOW + 60)
        assert refused.claim.reason == "cap: 1 of 1 mails of topic news within 1:00:00"
    assert sent(claim(engine, [called(3, *BY_ID, **CAP), called(4, *BY_ADDRESS, **CAP)], NOW + 60)) == [True, False]
    assert sent(claim(engine, [called(9, *BY_ID, **ONCE)], NOW + 2 * HOUR)) == [True]


def test_what_a_send_skipped_does_not_count(engine: Engine, ada: Recipient) -> None:
    with engine.begin() as conn:
        send = running(conn, ["7"], rule="news", topic="news")
        mails.claim(conn, send, [mails.Claim("7", state=MailState.SKIPPED, reason="r")], ME, AT)
    assert sent(claim(engine, [called(1, *BY_ID, **ONCE)], NOW + 60)) == [True]


def test_a_single_mail_and_another_send_count_for_a_send_but_not_itself(engine: Engine, ada: Recipient) -> None:
    bob = replace(ada, id="8", key="bob@example.org", address="bob@example.org")
    terms = {**ONCE, "rollout": {"share": 1.0}}
    first = campaign(engine, "spring", ["8"], AT, terms=terms)
    claim(engine, [called(1, *BY_ADDRESS)], id="7")
    with engine.begin() as conn:
        second = running(conn, ["7", "8"], "summer", rule="news", topic="news", terms=terms)
        assert overruns_of(conn, second, [ada, bob], NOW + 60) == dict.fromkeys(
            "78", "cap: 1 of 1 mails of topic news within 1:00:00"
        )
        assert overruns_of(conn, first, [bob], NOW + 60) == {}
        assert overruns_of(conn, second, [ada, bob], NOW + 2 * HOUR) == {}


def test_the_same_event_by_the_same_rule_is_not_sent_twice_by_a_send_and_a_mail(engine: Engine, ada: Recipient) -> None:
    same: dict[str, Any] = {"dedupe": "d", "dedupe_seconds": HOUR}
    send = campaign(engine, "spring", ["7"], AT, terms=same)
    (second,) = claim(engine, [called(1, *BY_ID, **same)], NOW + 60)
    assert second.claim.reason == f"the same as {send.mail_key('7')[:12]}, 0:01:00 ago"
    assert sent(claim(engine, [called(2, *BY_ID, dedupe="e", dedupe_seconds=HOUR)], NOW + 60)) == [True]
