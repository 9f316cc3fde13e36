"""Events to every service that is interested: also to one that was down, and to one that was added later."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actors.broadcast import Event, InvalidEvent, message_of, publish, queue_of, read, subscription
from actors.broker import Ack, Deliveries, Message, Topology
from apps.contracts import people_pb2 as messages
from tests.actors.broker.harness import World, engine_for, world

HELD = messages.Suppression(key="ada@example.org", reason=messages.REASON_COMPLAINT, scope="bulk")


@pytest.fixture
def name() -> str:
    """Service names and event types are the test's own: a RabbitMQ is shared."""
    return f"t{uuid.uuid4().hex}"


@contextmanager
def root(home: Path, url: str, *services: Topology) -> Iterator[World]:
    """A process in which these services are listed."""
    topology = Topology()
    for service in services:
        topology = topology.merge(service)
    with world(engine_for(home, topology, url)) as running_world:
        yield running_world


def hear(rig: World, service: str, count: int) -> list[Event]:
    """What waits for a service, taken and acknowledged."""
    inbox = rig.subscribe(service)
    path = rig.consume(queue_of(service), name=f"consumer-{service}", subscriber=f"/{service}")
    heard: list[Event] = []
    while len(heard) < count:
        deliveries = inbox.expect(Deliveries).deliveries
        rig.call(path, Ack(tuple(delivery.tag for delivery in deliveries)))
        heard += [read(delivery.message) for delivery in deliveries]
    return heard


def test_an_event_reaches_every_service_that_wants_its_type(tmp_path: Path, broker_url: str, name: str) -> None:
    sms, feedback = f"{name}-sms", f"{name}-feedback"
    services = subscription(sms, [f"{name}.people.#"]), subscription(feedback, [f"{name}.*.suppressed"])
    with root(tmp_path, broker_url, *services) as rig:
        held, joined = (
            Event(f"{name}.people.suppressed", "/people", HELD),
            Event(f"{name}.people.joined", "/people", {}),
        )
        assert publish(rig.broker, [held, joined, Event(f"{name}.nobody.cares", "/x", {})]) == 2
        assert hear(rig, sms, 2) == [held, joined]
        assert hear(rig, feedback, 1) == [held]


def test_a_service_that_was_down_during_a_thousand_events_gets_all(tmp_path: Path, broker_url: str, name: str) -> None:
    with root(tmp_path, broker_url, subscription(name, [f"{name}.#"])):
        pass
    sent = [Event(f"{name}.counted", "/test", {"number": number}) for number in range(1000)]
    with root(tmp_path, broker_url) as elsewhere:
        for start in range(0, 1000, 100):
            assert publish(elsewhere.broker, sent[start : start + 100]) == 100
    with root(tmp_path, broker_url, subscription(name, [f"{name}.#"])) as back:
        assert hear(back, name, 1000) == sent


def test_a_service_added_later_hears_what_comes_from_then_on(tmp_path: Path, broker_url: str, name: str) -> None:
    early, late = Event(f"{name}.early", "/test", {}), Event(f"{name}.late", "/test", {})
    with root(tmp_path, broker_url, subscription(f"{name}-other", [f"{name}.#"])) as rig:
        publish(rig.broker, [early])
    with root(tmp_path, broker_url, subscription(name, [f"{name}.#"])) as rig:
        publish(rig.broker, [late])
        assert hear(rig, name, 1) == [late]


@pytest.mark.parametrize("data", [HELD, {"text": "ü", "number": 3, "list": [None, True]}])
def test_what_travels_arrives_as_it_was(data) -> None:
    event = Event("people.suppressed", "/people", data, subject="ada")
    assert read(message_of(event)) == event


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message(b"{not json"), "neither"),
        (Message(b"[]"), "JSON object"),
        (Message(b'{"data": {}}'), "specversion"),
        (Message(b'{"specversion": "1.0", "data": {}, "type": "x", "source": "/x"}'), "id is missing"),
        (Message(b"", content_type="application/protobuf"), "without a name"),
        (
            Message(
                b"\xff\xff",
                content_type="application/protobuf",
                headers={"cloudEvents:dataschema": f"urn:protobuf:{HELD.DESCRIPTOR.full_name}"},
            ),
            "is no rookery",
        ),
    ],
)
def test_what_is_no_event_is_told(message: Message, words: str) -> None:
    with pytest.raises(InvalidEvent, match=words):
        read(message)
