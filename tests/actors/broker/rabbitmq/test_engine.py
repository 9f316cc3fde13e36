"""What only RabbitMQ does: it closes connections and channels, deletes queues, and refuses what differs."""

import socket
import threading
from collections.abc import Iterator

import pytest

from actors.broker import (
    DEAD_LETTERS,
    Ack,
    Binding,
    Exchange,
    Message,
    MessageRefused,
    Nack,
    Queue,
    Reject,
    Topology,
    TopologyConflict,
    Unavailable,
    Unroutable,
    deaths,
)
from actors.broker.config import BrokerConfig
from actors.broker.port import PUBLISHER
from actors.broker.rabbitmq.connection import Channel, Connection
from actors.broker.rabbitmq.consuming import Consuming
from actors.broker.rabbitmq.engine import RabbitEngine
from actors.broker.rabbitmq.hosts import address_of
from actors.broker.rabbitmq.publishing import Publishing
from actors.broker.verbs import probes
from actors.errors import NotPeekable
from supervision import ChildStarted
from supervision.clock import SystemClock
from supervision.testing import running
from supervision.verbs import Site
from tests.actors.broker.harness import (
    Block,
    Crash,
    MakeEngine,
    World,
    engine_for,
    numbered,
    publisher_of,
    settings_for,
    texts,
    world,
)

TOPOLOGY = Topology(
    exchanges=(Exchange("events", "topic"),),
    queues=(
        Queue("work"),
        Queue("other"),
        Queue("limited", delivery_limit=2),
        Queue("classic", type="classic", delivery_limit=2),
    ),
    bindings=(Binding("events", "work", "user.*"), Binding("events", "other", "user.*")),
)


@pytest.fixture
def rig(make_amqp: MakeEngine) -> Iterator[World]:
    with world(make_amqp(TOPOLOGY)) as running_world:
        yield running_world


@pytest.fixture
def operator(rig: World) -> Iterator[Channel]:
    """A channel beside the engine's own."""
    assert isinstance(rig.engine, RabbitEngine)
    connection = Connection(rig.engine.address, rig.engine.config, "operator")
    try:
        connection.open()
        yield connection.channel()
    finally:
        connection.close()


def restarted(rig: World, path: str) -> ChildStarted:
    return rig.tree.events.expect(ChildStarted, lambda event: event.path == path and event.restarts > 0)


# --- what comes back as a copy --------------------------------------------------------------------------------------


def test_a_delayed_return_goes_to_its_own_queue_only_and_is_what_it_was(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(Message(b"x", "user.created", "events", {"kept": 1.5}, correlation_id="7"))
    (first,) = rig.receive(1)
    for count in (1, 2):
        rig.call(path, Nack((first.tag,), delay_seconds=0.01))
        (again,) = rig.receive(1)
        assert (again.message, again.redelivered, again.delivery_count) == (first.message, True, count)
        first = again
    rig.call(path, Ack((first.tag,)))
    assert (rig.status("work").ready, rig.status("other").ready) == (0, 1)


def test_a_classic_queue_counts_by_the_copies_header(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("classic")
    rig.publish(Message(b"poison", "classic"))
    for count in range(3):
        (delivery,) = rig.receive(1)
        assert (delivery.delivery_count, delivery.redelivered) == (count, count > 0)
        rig.call(path, Nack((delivery.tag,)))
    rig.ready(DEAD_LETTERS, 1)
    (letter,) = rig.engine.peek(DEAD_LETTERS, 10, 100)
    assert deaths(letter.message.headers)[0].reason == "delivery-limit"


def test_failures_before_a_delay_are_remembered_after_it(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("limited")
    rig.publish(Message(b"poison", "limited"))
    for settlement in (Nack, Nack):
        rig.call(path, settlement((rig.receive(1)[0].tag,)))
    rig.call(path, Nack((rig.receive(1)[0].tag,), delay_seconds=0.01))
    (delivery,) = rig.receive(1)
    assert delivery.delivery_count == 3
    rig.call(path, Nack((delivery.tag,)))
    rig.ready(DEAD_LETTERS, 1)


def test_a_message_that_dies_twice_tells_both_deaths(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(Message(b"x", "work"))
    rig.call(path, Reject((rig.receive(1)[0].tag,), "first"))
    (letter,) = rig.engine.peek(DEAD_LETTERS, 1, 100)
    rig.publish(Message(b"x", "limited", headers=letter.message.headers))
    path = rig.consume("limited", name="second")
    for _ in range(3):
        rig.call(path, Nack((rig.receive(1)[0].tag,)))
    rig.ready(DEAD_LETTERS, 2)
    letters = rig.engine.peek(DEAD_LETTERS, 2, 100)
    assert [(death.queue, death.reason) for death in deaths(letters[1].message.headers)] == [
        ("limited", "delivery-limit"),
        ("work", "first"),
    ]


def test_killed_between_the_copy_and_the_ack_a_message_is_doubled_and_not_lost(
    rig: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both know that they were delivered before, so whoever handles them takes care."""
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(Message(b"x", "work"))
    (delivery,) = rig.receive(1)

    def killed(*arguments: object) -> None:
        monkeypatch.undo()
        raise RuntimeError("killed")

    monkeypatch.setattr(Consuming, "_acknowledge", killed)
    with pytest.raises(RuntimeError, match="killed"):
        rig.call(path, Nack((delivery.tag,), delay_seconds=0.01))
    again = rig.receive(2)
    assert [(one.message, one.redelivered) for one in again] == [(delivery.message, True)] * 2
    # The copy's time may have come while the consumer was dying.
    assert all(one.delivery_count in (1, 2) for one in again)


def test_a_return_beyond_the_longest_delay_waits_as_long_as_it_can(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(Message(b"x", "work", headers={"raw": b"\xff"}))
    assert rig.call(path, Nack((rig.receive(1)[0].tag,), delay_seconds=1e9)) == 1
    rig.settled()
    assert rig.inbox.nothing_more()


def test_a_delay_that_rabbitmq_cannot_wait_is_refused(rig: World) -> None:
    with pytest.raises(MessageRefused, match="RabbitMQ cannot wait"):
        rig.publish(Message(b"x", "work"), Message(b"x", "work", delay_seconds=1e9))
    assert rig.status("work").ready == 0


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Message(b"x", "work", headers={"long": "x" * 131_072}), id="headers beyond a frame"),
        pytest.param(Message(b"x", "work", "e" * 250, delay_seconds=1.0), id="an exchange too long to be delayed"),
        pytest.param(Message(b"x", "work", type="x" * 256), id="a property too long"),
    ],
)
def test_what_rabbitmq_would_close_the_connection_over_is_refused(rig: World, bad: Message) -> None:
    with pytest.raises(MessageRefused):
        rig.publish(Message(b"x", "work"), bad)
    assert not [event for event in rig.tree.events.seen if isinstance(event, ChildStarted) and event.restarts]
    assert rig.publish(Message(b"x", "work", headers={"long": "x" * 130_900})) == 1
    rig.ready("work", 1)


def test_a_thousand_unroutable_messages_between_others(rig: World) -> None:
    messages = [Message(b"%d" % number, "work" if number % 2 else "nowhere") for number in range(2000)]
    with pytest.raises(Unroutable) as caught:
        rig.broker.publish(messages, timeout_seconds=20)
    assert [message.body for message in caught.value.messages] == [b"%d" % number for number in range(0, 2000, 2)]
    rig.ready("work", 1000)
    assert rig.engine.unroutable() == 1000


# --- what the broker does ---------------------------------------------------------------------------------------------


def test_a_queue_deleted_under_its_consumer_is_there_again(rig: World, operator: Channel) -> None:
    rig.subscribe()
    rig.consume("work")
    rig.publish(*numbered(1, "work"))
    rig.receive(1)
    operator.call("queue_delete", "work")
    restarted(rig, "/consumer")
    row = rig.tree.system.tree.get("/consumer")
    assert row is not None
    assert "cancelled the consumer of work: the queue was deleted" in (row.last_reason or "")
    rig.publish(*numbered(1, "work", 7))
    assert texts(rig.receive(1)) == ["7"]


def test_an_exchange_deleted_under_the_publisher_is_there_again(rig: World, operator: Channel) -> None:
    rig.publish(Message(b"1", "user.created", "events"))
    operator.call("exchange_delete", "events")
    with pytest.raises(Unavailable, match="NOT_FOUND - no exchange 'events'") as caught:
        rig.publish(Message(b"2", "user.created", "events"))
    assert caught.value.may_have_happened
    rig.publisher_restarted()
    rig.tree.wait_state(PUBLISHER, "running")
    assert rig.publish(Message(b"2", "user.created", "events")) == 1
    rig.ready("work", 2)


def test_tags_of_the_connection_before_are_counted_and_never_sent(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(*numbered(3, "work"))
    old = rig.receive(3)
    rig.cast(path, Crash())
    new = rig.receive(3)
    assert rig.call(path, Ack(tuple(delivery.tag for delivery in old))) == 0
    assert rig.call(path, Ack(tuple(delivery.tag for delivery in new))) == 3
    assert rig.status("work").totals["stale_tags"] == 3


def test_heartbeats_are_served_while_the_subscriber_hangs(make_amqp: MakeEngine, virtual_host: str, tmp_path) -> None:
    make_amqp(TOPOLOGY)
    with world(engine_for(tmp_path, TOPOLOGY, virtual_host, heartbeat_seconds=1)) as rig:
        rig.subscribe()
        path = rig.consume("work", prefetch=5)
        rig.publish(*numbered(5, "work"))
        until, reached = threading.Event(), threading.Event()
        rig.cast("/subscriber", Block(until, reached))
        assert not until.wait(4), "four heartbeats"
        until.set()
        deliveries = rig.receive(5)
        assert rig.call(path, Ack(tuple(delivery.tag for delivery in deliveries))) == 5
        assert rig.publish(*numbered(1, "work")) == 1
        assert not [event for event in rig.tree.events.seen if isinstance(event, ChildStarted) and event.restarts]


def test_twenty_megabytes_among_small_messages(rig: World) -> None:
    rig.subscribe()
    rig.consume("work", prefetch=200)
    large = Message(bytes(20 * 2**20), "work")
    rig.broker.publish([*numbered(50, "work"), large, *numbered(50, "work", 50)], timeout_seconds=20)
    bodies = [delivery.message.body for delivery in rig.receive(101)]
    assert bodies.pop(50) == large.body
    assert bodies == [b"%d" % number for number in range(100)]


def test_an_alarm_is_named_and_nothing_has_happened(make_amqp: MakeEngine, virtual_host: str, tmp_path) -> None:
    make_amqp(TOPOLOGY)
    engine = engine_for(tmp_path, TOPOLOGY, virtual_host, blocked_timeout_seconds=0.1)
    channel = engine.publish_channel(SystemClock())
    try:
        channel.open()
        assert isinstance(channel, Publishing)
        channel.connection.blocked = "low on memory"
        with pytest.raises(Unavailable, match="an alarm: low on memory") as caught:
            channel.publish(numbered(1, "work"))
        assert not caught.value.may_have_happened
        channel.connection.blocked = ""
        assert channel.publish(numbered(1, "work")).unroutable == frozenset()
    finally:
        channel.close()


def test_what_a_full_queue_does_not_take_is_not_confirmed(rig: World, operator: Channel) -> None:
    options = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    operator.call("queue_declare", "narrow", durable=True, arguments=options)
    try:
        with pytest.raises(Unavailable, match=r"it refused \d+ message\(s\): a queue is full") as caught:
            for _ in range(50):  # a quorum queue says so a moment late
                rig.publish(*numbered(10, "narrow"))
        assert caught.value.may_have_happened
    finally:
        operator.call("queue_delete", "narrow")


# --- what is declared -------------------------------------------------------------------------------------------------


def test_a_conflict_names_the_queue_and_what_differs(rig: World, make_amqp: MakeEngine) -> None:
    other = make_amqp(Topology(queues=(Queue("limited", delivery_limit=9),))).publish_channel(SystemClock())
    try:
        with pytest.raises(TopologyConflict, match=r"limited exists in RabbitMQ .*x-delivery-limit"):
            other.open()
    finally:
        other.close()


def test_an_exclusive_queue_is_not_for_a_second_consumer(rig: World) -> None:
    own = rig.engine.with_topology(Topology(queues=(Queue("answers", exclusive=True),)))
    first, second = (own.consume_channel("answers", SystemClock()) for _ in range(2))
    first.open(1)
    try:
        with pytest.raises(Unavailable, match="RESOURCE_LOCKED"):
            second.open(1)
    finally:
        second.close()
        first.close()


def test_a_queue_that_counts_returns_is_not_looked_into(rig: World) -> None:
    with pytest.raises(NotPeekable, match="delivery limit"):
        rig.engine.peek("limited", 1, 1)


# --- when it is not there ---------------------------------------------------------------------------------------------


def test_the_first_host_that_answers_is_taken(virtual_host: str, make_amqp: MakeEngine, tmp_path) -> None:
    make_amqp(TOPOLOGY)
    login, _, place = virtual_host.rpartition("@")
    for url in (f"{login}@127.0.0.1:1,{place}", f"{login}@{place.replace('/', ',127.0.0.1:1/', 1)}"):
        channel = engine_for(tmp_path, TOPOLOGY, url).publish_channel(SystemClock())
        try:
            channel.open()
            assert channel.publish(numbered(1, "work")).unroutable == frozenset()
        finally:
            channel.close()


def test_nobody_there_is_said_with_place_and_cause_and_without_password(tmp_path) -> None:
    settings = settings_for(tmp_path, "amqp://me:secret@127.0.0.1:1/")
    engine = engine_for(tmp_path, TOPOLOGY, "amqp://me:secret@127.0.0.1:1/")
    with running(publisher_of(engine), intensity=0) as tree:
        tree.wait_state(PUBLISHER, "backoff")
        (probe,) = probes(Site(tree.system, settings))
        reason = probe.check() or ""
        assert "RabbitMQ at 127.0.0.1:1 vhost / is unavailable" in reason
        assert "refused" in reason
        assert "secret" not in reason
        with pytest.raises(Unavailable) as caught:
            World(tree, engine).publish(Message(b"x", "work"))
        assert not caught.value.may_have_happened
    with pytest.raises(Unavailable):
        engine.statuses()


def test_a_wrong_password_is_unavailable_and_is_not_shown(amqp_url: str, tmp_path) -> None:
    place = amqp_url.rpartition("@")[2]
    channel = engine_for(tmp_path, TOPOLOGY, f"amqp://rookery:wrong-one@{place}").publish_channel(SystemClock())
    with pytest.raises(Unavailable, match="ACCESS_REFUSED") as caught:
        channel.open()
    channel.close()
    assert "wrong-one" not in str(caught.value)


def test_a_server_that_accepts_and_says_nothing(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"amqp://me:secret@127.0.0.1:{silent.getsockname()[1]}/"
        config = BrokerConfig(url=url, connect_timeout_seconds=0.3)
        connection = Connection(address_of(url), config, "test")
        with pytest.raises(Unavailable):
            connection.open()
        connection.close()


def test_whoever_waits_is_woken_by_the_breaker(rig: World) -> None:
    assert isinstance(rig.engine, RabbitEngine)
    connection = Connection(rig.engine.address, rig.engine.config, "test")
    connection.open()
    timer = threading.Timer(0.1, connection.interrupt)
    timer.start()
    try:
        with pytest.raises(Unavailable, match="interrupted"):
            connection.wait(lambda: False, 10, "the breaker did nothing")
    finally:
        timer.join()
        connection.close()
