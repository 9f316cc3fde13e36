"""The decider between a consumer and a publisher that the test plays: confirmed first, acknowledged after."""

import json

import pytest

from actors.broker import Ack, Confirmed, Deliveries, Delivery, Message, Nack, NotConfirmed, Publish, Reject, Tag
from actors.broker.port import PUBLISHER
from actors.errors import Unavailable
from apps.email.cloudevents import Event
from apps.email.config import Email
from apps.email.decider import Decider
from apps.email.jobs import Job
from supervision import ChildSpec, ChildStarted, FaultRule, Supervisor, TerminateChild
from supervision.testing import Inbox, Probe, running

CONSUMER, DECIDER = "/consumer", "/decider"
PETITION = {"petition": "Save the rookery", "signatures": 3}


def event(number, type="password_reset", **data):
    given = {"to": f"person-{number}@example.org", "link": "https://example.org/r/1", **data}
    return Event(str(number), "/test", type, given).to_json()


class Desk:
    def __init__(self, world, published, settled):
        self.world, self.published, self.settled, self.tags = world, published, settled, 0

    def deliver(self, *bodies):
        deliveries = []
        for body in bodies:
            self.tags += 1
            deliveries.append(Delivery(Tag(1, self.tags), Message(body), "email.events", False, 0))
        self.tell(Deliveries(CONSUMER, tuple(deliveries)))
        return tuple(delivery.tag for delivery in deliveries)

    def tell(self, message):
        self.world.system.address(DECIDER).cast(message)


@pytest.fixture
def desk():
    published, settled = Inbox(), Inbox()
    children = [
        Supervisor.spec("broker", [ChildSpec(id="publisher", actor=Probe, args=(published,))]),
        ChildSpec(id="consumer", actor=Probe, args=(settled,)),
        ChildSpec(id="decider", actor=Decider, args=(Email.model_validate({}),)),
    ]
    with running(*children, intensity=20) as world:
        yield Desk(world, published, settled)


def test_events_become_jobs_in_the_lane_of_their_class_and_are_acknowledged_when_confirmed(desk):
    tags = desk.deliver(event(1), event(2, "petition_update", **PETITION))
    publish = desk.published.expect(Publish)
    assert [message.routing_key for message in publish.messages] == ["email.transactional", "email.bulk"]
    assert Job.from_json(publish.messages[0].body).address == "person-1@example.org"
    assert desk.settled.nothing_more()
    desk.tell(Confirmed(2, publish.ref))
    assert desk.settled.expect(Ack).tags == tags


def test_the_same_event_makes_the_same_job(desk):
    desk.deliver(event(1))
    desk.deliver(event(1))
    first, second = desk.published.expect(Publish), desk.published.expect(Publish)
    assert first.messages == second.messages


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{not json", "JSON"),
        (event(1, to="ada@example.org\r\nBcc: x@example.org"), "data.to"),
        (event(1, to="not an address"), "data.to"),
        (event(1, locale="tlh-Piqd-nowhere"), "locale"),
        (json.dumps({**json.loads(event(1)), "data": {"to": "ada@example.org"}}).encode(), "link"),
    ],
)
def test_what_cannot_be_decided_is_dead_lettered_with_its_reason_and_the_others_go_on(desk, body, words):
    bad, good = desk.deliver(body, event(2))
    rejected = desk.settled.expect(Reject)
    assert rejected.tags == (bad,) and words in rejected.reason
    publish = desk.published.expect(Publish)
    desk.tell(Confirmed(1, publish.ref))
    assert desk.settled.expect(Ack).tags == (good,)


def test_what_has_no_rule_is_for_others_and_acknowledged(desk):
    foreign, good = desk.deliver(event(1, "people.joined"), event(2))
    assert desk.settled.expect(Ack).tags == (foreign,)
    publish = desk.published.expect(Publish)
    desk.tell(Confirmed(1, publish.ref))
    assert desk.settled.expect(Ack).tags == (good,)
    counts = desk.world.system.registry.running(DECIDER).counts
    assert (counts["without a rule"], counts["decided"], counts["rejected"]) == (1, 1, 0)


def test_what_others_say_in_their_own_form_is_not_looked_into(desk):
    foreign = Message(b"\xff\x00", "people.suppressed", "events", content_type="application/protobuf")
    desk.tell(Deliveries(CONSUMER, (Delivery(Tag(1, 99), foreign, "email.events", False, 0),)))
    assert desk.settled.expect(Ack).tags == (Tag(1, 99),)


def test_what_the_broker_did_not_take_is_decided_again_later(desk):
    tags = desk.deliver(event(1))
    publish = desk.published.expect(Publish)
    desk.tell(NotConfirmed(Unavailable("the broker", PUBLISHER, "down"), publish.ref))
    nack = desk.settled.expect(Nack)
    assert nack.tags == tags and nack.requeue and nack.delay_seconds > 0


def test_with_no_publisher_the_events_go_back(desk):
    desk.world.system.address("/broker").call(TerminateChild("publisher"))
    tags = desk.deliver(event(1))
    assert desk.settled.expect(Nack).tags == tags


def test_when_the_publisher_dies_unconfirmed_events_go_back_and_confirmed_ones_do_not(desk):
    confirmed, unconfirmed = desk.deliver(event(1)), desk.deliver(event(2))
    first, _ = desk.published.expect(Publish), desk.published.expect(Publish)
    desk.tell(Confirmed(1, first.ref))
    desk.world.system.faults.enabled = True
    desk.world.system.faults.add(FaultRule("crash", PUBLISHER))
    desk.world.events.expect(ChildStarted, lambda event: event.path == PUBLISHER and event.restarts == 1)
    assert desk.settled.expect(Ack).tags == confirmed
    assert desk.settled.expect(Nack).tags == unconfirmed
    desk.deliver(event(3))  # and it watches the new one
    desk.published.expect(Publish)
    desk.world.system.faults.add(FaultRule("crash", PUBLISHER))
    desk.settled.expect(Nack)
