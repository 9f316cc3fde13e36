"""The decider between the embedded broker's queues: jobs confirmed first, events acknowledged after."""

import json
import pickle
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.broker import Broker, Message
from actors.broker.port import PUBLISHER
from actors.pipeline.operation.view import show
from apps.email.campaign.sends import listed
from apps.email.config import Email
from apps.email.decider import DECIDED, LIST, REJECTED, WITHOUT_RULE, Deciding
from apps.email.intake import message_of
from apps.email.queues import DECIDING, DECIDING_FIRST
from apps.email.rulebook.book import write
from apps.email.rulebook.events import between
from apps.people.audience.query import parse
from apps.people.audience.store import keep
from supervision import FaultRule, RestartChild, TerminateChild
from tests.apps.email.deciding import PATH, PETITION, Desk, desk, event

LONG_AGO, FAR = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as one:
        yield one


def test_events_become_jobs_in_the_lane_of_their_class(open_desk: Desk) -> None:
    open_desk.send(event(1), event(2, "petition_update", **PETITION))
    jobs = open_desk.decided()
    assert [(job.mail_class, job.address) for job in jobs] == [
        ("transactional", "person-1@example.org"),
        ("bulk", "person-2@example.org"),
    ]
    assert open_desk.counts == {DECIDED: 2}


def test_the_same_event_makes_the_same_job(open_desk: Desk) -> None:
    open_desk.send(event(1))
    open_desk.send(event(1))
    first, second = open_desk.decided()
    assert first == second


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{not json", "JSON"),
        (event(1, to="ada@example.org\r\nBcc: x@example.org").to_json(), "data.to"),
        (event(1, to="not an address").to_json(), "data.to"),
        (event(1, locale="tlh-Piqd-nowhere").to_json(), "locale"),
        (json.dumps({**json.loads(event(1).to_json()), "data": {"to": "ada@example.org"}}).encode(), "link"),
    ],
)
def test_what_cannot_be_decided_is_dead_lettered_with_its_reason_and_the_others_go_on(
    open_desk: Desk, body: bytes, words: str
) -> None:
    open_desk.send(body, event(2))
    assert [job.address for job in open_desk.decided()] == ["person-2@example.org"]
    (reason,) = open_desk.reasons()
    assert words in reason
    assert open_desk.counts == {REJECTED: 1, DECIDED: 1}


def test_a_password_reset_does_not_wait_behind_bulk_events(tmp_path: Path) -> None:
    with desk(tmp_path, started=False) as one:
        one.send(*(event(number, "petition_update", **PETITION) for number in range(50)))
        one.publish(message_of(event("reset"), first=True))
        one.start(one.first)
        assert [job.event_id for job in one.jobs(DECIDING_FIRST)] == ["reset"]
        one.start(one.decider)
        # It is decided there only, since it says so.
        assert sorted(job.event_id for job in one.decided()) == sorted(["reset", *map(str, range(50))])
        assert one.counts == {DECIDED: 50}


def test_an_event_that_does_not_say_so_is_decided_twice_to_the_same_job(tmp_path: Path) -> None:
    with desk(tmp_path, started=False) as one:
        one.send(event(1))
        one.start(one.first)
        one.start(one.decider)
        one.jobs(DECIDING_FIRST)
        first, second = one.decided()
        assert first == second


@pytest.mark.parametrize("first_goes_first", [True, False])
def test_a_bad_event_that_lies_in_both_queues_is_one_dead_letter(tmp_path: Path, first_goes_first: bool) -> None:
    with desk(tmp_path, started=False) as one:
        one.send(event(1, to="not an address"), event(2))
        order = [(one.first, DECIDING_FIRST), (one.decider, DECIDING)]
        for decider, queue in order if first_goes_first else reversed(order):
            one.start(decider)
            assert {job.event_id for job in one.jobs(queue)} == {"2"}
        (reason,) = one.reasons()
        assert "data.to" in reason


def test_a_bad_event_that_says_where_it_lies_is_a_dead_letter_from_there(tmp_path: Path) -> None:
    with desk(tmp_path, started=False) as one:
        one.publish(message_of(event(1, to="not an address"), first=True))
        one.start(one.first)
        one.jobs(DECIDING_FIRST)
        one.start(one.decider)
        assert one.decided() == []
        assert len(one.reasons()) == 1


def test_a_long_list_of_jobs_is_published_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists: list[int] = []
    with desk(tmp_path) as one:
        publish = Broker.publish

        def noted(broker: Broker, messages: Sequence[Message], **options: Any) -> int:
            lists.append(len(messages))
            return publish(broker, messages, **options)

        monkeypatch.setattr(Broker, "publish", noted)
        people = [f"person-{number}@example.org" for number in range(LIST + 1)]
        one.send(event(1, to=people))
        assert len(one.decided()) == LIST + 1
    # The event itself, and its jobs.
    assert sorted(lists) == [1, 1, LIST]


def test_what_has_no_rule_is_for_others_and_acknowledged(open_desk: Desk) -> None:
    open_desk.send(event(1, "people.joined"), event(2))
    assert len(open_desk.decided()) == 1
    assert open_desk.reasons() == []
    assert open_desk.counts == {WITHOUT_RULE: 1, DECIDED: 1}


def test_a_job_that_no_broker_takes_is_the_fault_of_its_event_alone(tmp_path: Path) -> None:
    with desk(tmp_path, max_body_bytes=20_000) as small:
        # What its people share is in the event once, and in each one's job.
        small.send(event(1), event(2, note="x" * 19_500), event(3))
        assert {job.address for job in small.decided()} == {"person-1@example.org", "person-3@example.org"}
        (reason,) = small.reasons()
        assert "MessageRefused" in reason


def test_without_a_broker_it_stands_still_and_goes_on_when_it_is_back(open_desk: Desk) -> None:
    system = open_desk.tree.system
    open_desk.send(event(1))
    open_desk.decided()
    system.address("/broker").call(TerminateChild("publisher"))
    open_desk.until(lambda: PUBLISHER in show(system, PATH)["reasons"])
    system.address("/broker").call(RestartChild("publisher"))
    open_desk.until(lambda: not show(system, PATH)["reasons"])
    open_desk.send(event(2))
    assert len(open_desk.decided()) == 2


def test_while_its_publisher_dies_all_the_time_nothing_is_lost_and_nothing_dead_lettered(open_desk: Desk) -> None:
    open_desk.tree.system.faults.enabled = True
    open_desk.send(*map(event, range(50)))
    open_desk.tree.system.faults.add(FaultRule("crash", PUBLISHER, every=3, times=5))
    assert {job.event_id for job in open_desk.decided()} == {str(number) for number in range(50)}
    assert open_desk.reasons() == []


def test_while_its_stages_die_all_the_time_every_event_is_decided(tmp_path: Path) -> None:
    with desk(tmp_path, started=False) as one:
        one.tree.system.faults.enabled = True
        one.tree.system.faults.add(FaultRule("crash", f"{PATH}/**/*processor-*", every=2, times=3))
        one.start(one.decider)
        for number in range(50):
            one.send(event(number))
        assert {job.event_id for job in one.decided()} == {str(number) for number in range(50)}
        assert one.reasons() == []


def test_it_travels_into_a_node(tmp_path: Path) -> None:
    handler = pickle.loads(pickle.dumps(Deciding(Email.model_validate({}))))
    assert handler.config == Email.model_validate({})


def test_decided_events_are_kept_once(open_desk: Desk) -> None:
    open_desk.send(event(1), event(1), event(2, "people.joined"), b"{not json")
    open_desk.decided()
    with open_desk.database.read() as conn:
        kept = list(between(conn, LONG_AGO, FAR, ["password_reset", "people.joined"]))
    assert [one.id for _, one in kept] == ["1"]


def test_a_rule_of_the_database_counts_for_the_next_event(open_desk: Desk) -> None:
    given = {"event": "people.joined", "when": "data.age >= 18", "template": "password_reset", "class": "bulk"}
    for turn in range(5):
        with open_desk.database.begin() as conn:
            write(conn, "adults", {**given, "topic": f"turn-{turn}"}, "ada", "", 0.0)
        open_desk.send(event(f"old-{turn}", "people.joined", age=30), event("young", "people.joined", age=3))
        open_desk.decided()
    found = [(job.rule, job.topic, job.address) for job in open_desk.decided()]
    assert found == [("adults", f"turn-{turn}", f"person-old-{turn}@example.org") for turn in range(5)]


def test_a_condition_that_does_not_fit_is_a_reason_for_the_dead_letters(tmp_path: Path) -> None:
    rules = {"reset": {"event": "password_reset", "when": "data.x > 1", "template": "password_reset", "class": "bulk"}}
    with desk(tmp_path, Email.model_validate({"rules": rules})) as one:
        one.send(event(1))
        assert one.decided() == []
        (reason,) = one.reasons()
        assert "rule reset: when" in reason


def test_an_event_to_an_audience_starts_one_send(tmp_path: Path) -> None:
    rules = {"news": {"audience": "germans", "template": "petition_update", "class": "bulk"}}
    with desk(tmp_path, Email.model_validate({"rules": rules})) as one:
        nobody = event(0, "news", **PETITION)
        one.send(nobody)
        assert one.decided() == [] and "germans" in one.reasons()[0]
        with one.database.begin() as conn:
            keep(conn, "germans", parse({"country": "DE"}), datetime.now(UTC))
        one.send(event(1, "news", **PETITION), event(1, "news", **PETITION))
        one.until(lambda: one.status(DECIDING).depth == 0)
        with one.database.read() as conn:
            (send,) = listed(conn, 10)
        assert (send.rule, send.event_id, send.template) == ("news", "1", "petition_update")
