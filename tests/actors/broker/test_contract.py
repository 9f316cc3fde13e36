"""What every engine promises to apps. Parametrised over the engines named in `harness`."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from actors.broker import (
    DEAD_LETTERS,
    Ack,
    Binding,
    Confirmed,
    Deliveries,
    Delivery,
    Exchange,
    Message,
    MessageRefused,
    Nack,
    NotConfirmed,
    Pause,
    Publish,
    Queue,
    Reject,
    Resume,
    SetPrefetch,
    Topology,
    TopologyConflict,
    Unavailable,
    Unroutable,
    deaths,
)
from actors.broker.port import PUBLISHER, ConsumeChannel, Pumped
from supervision import ChildSpec, NoProc
from supervision.clock import SystemClock
from supervision.testing import PATIENCE_SECONDS, running
from tests.actors.broker.harness import (
    ENGINES_UNDER_TEST,
    SUBSCRIBER,
    Block,
    Crash,
    FragileConsumer,
    MakeEngine,
    SmallSubscriber,
    World,
    numbered,
    publisher_of,
    texts,
    world,
)

TOPOLOGY = Topology(
    exchanges=(Exchange("events", "topic"), Exchange("orders", "direct"), Exchange("news", "fanout")),
    queues=(
        Queue("work"),
        Queue("other"),
        Queue("limited", delivery_limit=2),
        Queue("lossy", dead_letter_exchange=None),
        Queue("renamed", dead_letter_exchange="orders", dead_letter_routing_key="other"),
        Queue("single", single_active_consumer=True),
        Queue("short-lived", message_ttl_seconds=0.2),
    ),
    bindings=(
        Binding("events", "work", "user.*"),
        Binding("events", "other", "user.#"),
        Binding("orders", "work", "work"),
        Binding("orders", "other", "other"),
        Binding("news", "work"),
        Binding("news", "other"),
    ),
)


@pytest.fixture(params=ENGINES_UNDER_TEST)
def make_engine(request: pytest.FixtureRequest) -> MakeEngine:
    made: MakeEngine = request.getfixturevalue(f"make_{request.param}")
    return made


@pytest.fixture
def rig(make_engine: MakeEngine) -> Iterator[World]:
    with world(make_engine(TOPOLOGY)) as running_world:
        yield running_world


# --- publishing and routing -------------------------------------------------------------------------------------------


def test_what_is_published_arrives_as_it_was(rig: World) -> None:
    sent = Message(b"\x00\xff", "user.created", "events", {"a": 1, "b": ["x", None], "c": "ü"}, "text/plain", "id-1")
    sent = replace(sent, correlation_id="question 7", reply_to="answers", type="greeting")
    rig.subscribe()
    rig.consume("work")
    assert rig.publish(sent) == 1
    (delivery,) = rig.receive(1)
    assert delivery.message == replace(sent, timestamp=delivery.message.timestamp)
    assert abs(delivery.message.timestamp - time.time()) < 10
    assert (delivery.queue, delivery.redelivered, delivery.delivery_count) == ("work", False, 0)


@pytest.mark.parametrize(
    ("exchange", "key", "reached"),
    [
        ("events", "user.created", {"work", "other"}),
        ("events", "user.created.again", {"other"}),
        ("events", "user", {"other"}),
        ("orders", "work", {"work"}),
        ("news", "whatever", {"work", "other"}),
        ("", "limited", {"limited"}),
    ],
)
def test_routing(rig: World, exchange: str, key: str, reached: set[str]) -> None:
    rig.publish(Message(b"x", key, exchange))
    assert {status.name for status in rig.engine.statuses() if status.ready} == reached


def test_order_is_that_of_publishing(rig: World) -> None:
    rig.subscribe()
    for start in range(0, 300, 30):
        rig.publish(*numbered(30, "work", start))
    rig.consume("work", prefetch=300, batch=7)
    assert texts(rig.receive(300)) == [str(number) for number in range(300)]


def test_publishing_by_cast_answers_with_the_reference(rig: World) -> None:
    inbox = rig.subscribe()
    rig.cast(PUBLISHER, Publish((Message(b"x", "work"),), reply_to="/subscriber", ref=7))
    assert inbox.expect(Confirmed) == Confirmed(1, 7)
    rig.cast(PUBLISHER, Publish((Message(b"x", "nowhere"),), reply_to="/subscriber", ref=8))
    failed = inbox.expect(NotConfirmed)
    assert failed.ref == 8
    assert isinstance(failed.error, Unroutable)


def test_many_publishers_at_once_are_all_confirmed(rig: World) -> None:
    confirmed = []

    def publish(number: int) -> None:
        confirmed.append(rig.publish(*numbered(10, "work", number * 10)))

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert confirmed == [10] * 20
    assert rig.status("work").ready == 200


def test_unroutable_is_an_error_and_the_others_are_stored(rig: World) -> None:
    lost, missing = Message(b"lost", "person.created", "events"), Message(b"lost", "x", "no such exchange")
    with pytest.raises(Unroutable) as caught:
        rig.publish(Message(b"1", "work"), lost, Message(b"2", "work"), missing)
    assert caught.value.messages == (lost, missing)
    assert rig.status("work").ready == 2


def test_unroutable_is_counted_when_the_publisher_does_not_mind(rig: World) -> None:
    messages = [Message(b"1", "work"), Message(b"2", "nowhere")]
    assert rig.broker.publish(messages, mandatory=False) == 1
    assert rig.engine.unroutable() == 1


def test_a_refused_message_harms_no_other_publisher(rig: World) -> None:
    """The two that wait while the publisher is busy are committed together."""
    bad = Message(b"x", "work", headers={"when": object()})
    inbox = rig.subscribe()
    for ref, message in enumerate((Message(b"1", "work"), bad, Message(b"2", "work"))):
        rig.cast(PUBLISHER, Publish((message,), reply_to="/subscriber", ref=ref))
    outcomes = [inbox.expect(object) for _ in range(3)]
    assert [type(outcome) for outcome in outcomes] == [Confirmed, NotConfirmed, Confirmed]
    with pytest.raises(MessageRefused):
        rig.publish(bad)
    with pytest.raises(MessageRefused):
        rig.publish(Message(b"x", "work", message_id="\ud800"))
    assert rig.status("work").ready == 2


def test_twenty_megabytes(rig: World) -> None:
    body = bytes(range(256)) * (20 * 4096)
    rig.subscribe()
    rig.publish(Message(body, "work"))
    path = rig.consume("work")
    (delivery,) = rig.receive(1)
    assert delivery.message.body == body
    assert rig.call(path, Nack((delivery.tag,))) == 1
    (delivery,) = rig.receive(1)
    assert rig.call(path, Reject((delivery.tag,), "too heavy")) == 1
    assert rig.status(DEAD_LETTERS).ready == 1


def test_a_body_beyond_the_limit_is_refused(rig: World) -> None:
    with pytest.raises(MessageRefused):
        rig.publish(Message(bytes(64 * 2**20 + 1), "work"))


def test_many_queues(make_engine: MakeEngine) -> None:
    names = [f"queue-{number}" for number in range(200)]
    topology = Topology(
        (Exchange("all", "fanout"),),
        tuple(Queue(name) for name in names),
        tuple(Binding("all", name) for name in names),
    )
    with world(make_engine(topology)) as rig:
        assert rig.publish(Message(b"x", "", "all")) == 1
        assert sum(status.ready for status in rig.engine.statuses()) == 200


# --- consuming --------------------------------------------------------------------------------------------------------


def test_at_most_prefetch_messages_are_open(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(12, "work"))
    path = rig.consume("work", prefetch=5, batch=2)
    first = rig.receive(5)
    rig.settled()
    assert rig.inbox.nothing_more()
    assert rig.unacked("work", 5)
    rig.cast(path, Ack(tuple(delivery.tag for delivery in first[:2])))
    assert texts(rig.receive(2)) == ["5", "6"]
    rig.settled()
    assert rig.inbox.nothing_more()


def test_what_is_acked_is_gone_and_the_rest_comes_again(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(10, "work"))
    path = rig.consume("work")
    got = rig.receive(10)
    assert rig.call(path, Ack(tuple(delivery.tag for delivery in got[::2]))) == 5
    rig.stop("consumer")
    rig.restart("consumer")
    again = rig.receive(5)
    assert texts(again) == ["1", "3", "5", "7", "9"]
    assert all(delivery.redelivered and delivery.delivery_count == 1 for delivery in again)


def test_a_nacked_message_keeps_its_place(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(6, "work"))
    path = rig.consume("work", prefetch=3)
    got = rig.receive(3)
    rig.call(path, Nack(tuple(delivery.tag for delivery in reversed(got))))
    again = rig.receive(3)
    assert texts(again) == ["0", "1", "2"]
    assert [delivery.delivery_count for delivery in again] == [1, 1, 1]
    assert {delivery.tag for delivery in again}.isdisjoint(delivery.tag for delivery in got)


def test_a_delayed_nack_waits_and_lets_others_pass(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(2, "limited"))
    path = rig.consume("limited", prefetch=1)
    start = time.monotonic()
    (late,) = rig.receive(1)
    rig.call(path, Nack((late.tag,), delay_seconds=0.3))
    (other,) = rig.receive(1)
    assert other.message.body == b"1"
    rig.call(path, Ack((other.tag,)))
    (again,) = rig.receive(1)
    assert again.message == late.message
    assert again.redelivered
    assert time.monotonic() - start >= 0.3


def test_delayed_returns_do_not_wear_a_message_out(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(1, "limited"))
    path = rig.consume("limited")
    for count in range(5):
        (delivery,) = rig.receive(1)
        assert delivery.delivery_count == count
        rig.call(path, Nack((delivery.tag,), delay_seconds=0.01))
    assert rig.status(DEAD_LETTERS).ready == 0


def test_a_delayed_publish_waits(rig: World) -> None:
    rig.subscribe()
    rig.consume("work")
    start = time.monotonic()
    rig.publish(Message(b"late", "work", delay_seconds=0.3), Message(b"soon", "work"))
    assert rig.status("work").delayed in (1, None)
    assert texts(rig.receive(2)) == ["soon", "late"]
    assert time.monotonic() - start >= 0.3


def test_settling_twice_has_no_effect_and_is_counted(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(2, "work"))
    path = rig.consume("work")
    first, second = rig.receive(2)
    assert rig.call(path, Ack((first.tag, first.tag))) == 1
    assert rig.call(path, Nack((first.tag,))) == 0
    assert rig.status("work").totals["stale_tags"] == 2
    assert rig.unacked("work", 1)
    assert rig.call(path, Ack((second.tag,))) == 1


def test_two_consumers_compete(rig: World) -> None:
    count = 400
    inboxes = [rig.subscribe(name) for name in ("one", "two")]
    paths = [rig.consume("work", 10, 10, f"{name}-consumer", f"/{name}") for name in ("one", "two")]
    rig.publish(*numbered(count, "work"))
    seen: list[list[str]] = [[], []]
    while sum(map(len, seen)) < count:
        for inbox, path, got in zip(inboxes, paths, seen, strict=True):
            while not inbox.nothing_more():
                deliveries = list(inbox.expect(Deliveries).deliveries)
                got += texts(deliveries)
                rig.cast(path, Ack(tuple(delivery.tag for delivery in deliveries)))
    assert sorted(map(int, seen[0] + seen[1])) == list(range(count))
    assert min(map(len, seen)) >= 10


def test_a_paused_consumer_hands_out_nothing_and_settles_what_is_out(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(5, "work"))
    path = rig.consume("work", prefetch=2)
    out = rig.receive(2)
    rig.call(path, Pause())
    assert rig.call(path, Ack(tuple(delivery.tag for delivery in out))) == 2
    rig.settled()
    rig.until(lambda: rig.status("work").ready == 3)
    assert rig.inbox.nothing_more()
    rig.call(path, Resume())
    assert texts(rig.receive(2)) == ["2", "3"]


def test_the_prefetch_can_be_changed(rig: World) -> None:
    rig.subscribe()
    rig.publish(*numbered(10, "work"))
    path = rig.consume("work", prefetch=2)
    first = rig.receive(2)
    rig.call(path, SetPrefetch(5))
    assert texts(first + rig.receive(3)) == ["0", "1", "2", "3", "4"]
    rig.settled()
    assert rig.inbox.nothing_more()
    rig.call(path, SetPrefetch(1))
    rig.call(path, Ack(tuple(delivery.tag for delivery in first)))
    rig.settled()
    assert rig.inbox.nothing_more(), "three are out"


def test_what_a_hung_owner_holds_is_given_up_by_its_breaker(rig: World) -> None:
    """Its thread turns no loop and answers no heartbeat; nobody waits for the broker to notice that."""
    hung = rig.engine.consume_channel("single", SystemClock())
    hung.open(10)
    try:
        rig.publish(*numbered(3, "single"))
        held: list[Delivery] = []
        rig.until(lambda: bool(take_into(hung, held, 3)))
        inbox = rig.subscribe()
        rig.consume("single")
        rig.settled()
        assert inbox.nothing_more()
        hung.interrupt()
        assert texts(rig.receive(3)) == ["0", "1", "2"]
    finally:
        hung.close()


def take_into(channel: ConsumeChannel, held: list[Delivery], count: int) -> bool:
    """Whether so many are held."""
    if isinstance(channel, Pumped):
        channel.pump(0.01)
    channel.poll()
    held += channel.take(count)
    return len(held) == count


def test_one_consumer_at_a_time_gets_all_of_a_single_active_consumer_queue(rig: World) -> None:
    one, two = rig.subscribe("one"), rig.subscribe("two")
    rig.consume("single", name="one-consumer", subscriber="/one")
    rig.publish(*numbered(5, "single"))
    rig.receive(5, one)
    rig.consume("single", name="two-consumer", subscriber="/two")
    rig.publish(*numbered(5, "single", 5))
    assert texts(rig.receive(5, one)) == ["5", "6", "7", "8", "9"]
    rig.settled("/two-consumer")
    assert two.nothing_more()
    rig.stop("one-consumer")
    assert texts(rig.receive(10, two)) == [str(number) for number in range(10)]


def test_what_a_dead_subscriber_of_a_single_active_consumer_queue_had_is_told_to_the_next_first(rig: World) -> None:
    one, two = rig.subscribe("one"), rig.subscribe("two")
    rig.consume("single", prefetch=10, batch=5, name="one-consumer", subscriber="/one")
    rig.publish(*numbered(5, "single"))
    rig.receive(5, one)
    rig.consume("single", name="two-consumer", subscriber="/two")
    rig.publish(*numbered(20, "single", 5))
    rig.receive(5, one)
    rig.stop("one")
    rig.restart("one")
    assert texts(rig.receive(10, one)) == [str(number) for number in range(10)]
    assert two.nothing_more()


def test_a_message_that_waits_too_long_is_dead_lettered_as_expired(rig: World) -> None:
    rig.publish(Message(b"late", "short-lived"))
    threading.Event().wait(0.3)
    rig.subscribe()
    path = rig.consume("short-lived")
    rig.until(lambda: rig.status(DEAD_LETTERS).ready == 1)
    (letter,) = rig.engine.peek(DEAD_LETTERS, 10, 100)
    assert [(death.queue, death.reason) for death in deaths(letter.message.headers)] == [("short-lived", "expired")]
    rig.settled(path)
    assert rig.inbox.nothing_more()


def test_an_exclusive_queue_goes_with_its_consumer(rig: World) -> None:
    rig.subscribe()
    own = rig.engine.with_topology(Topology(queues=(Queue("answers-1", exclusive=True),)))
    rig.start(ChildSpec(id="own", actor=FragileConsumer, args=(own, "answers-1", SUBSCRIBER, 10, 10)))
    rig.publish(Message(b"x", "answers-1"))
    assert texts(rig.receive(1)) == ["x"]
    rig.stop("own")
    with pytest.raises(Unroutable):
        rig.publish(Message(b"x", "answers-1"))


def test_an_expiring_queue_lives_as_long_as_somebody_uses_it(rig: World) -> None:
    rig.subscribe()
    own = rig.engine.with_topology(Topology(queues=(Queue("answers-2", expires_seconds=0.5),)))
    rig.start(ChildSpec(id="own", actor=FragileConsumer, args=(own, "answers-2", SUBSCRIBER, 10, 10)))
    rig.consume("other")
    threading.Event().wait(1.0)
    rig.publish(Message(b"x", "answers-2"))
    rig.receive(1)
    rig.stop("own")

    def gone() -> bool:
        try:
            rig.publish(Message(b"x", "answers-2"))
        except Unroutable:
            return True
        return False

    rig.until(gone)


# --- dead letters -----------------------------------------------------------------------------------------------------


def test_a_rejected_message_is_dead_lettered_with_its_reason(rig: World) -> None:
    sent = Message(b"bad", "user.created", "events", {"kept": True}, "text/plain", "id-1")
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(sent)
    (delivery,) = rig.receive(1)
    before = time.time()
    rig.call(path, Reject((delivery.tag,), "unknown event"))
    (letter,) = rig.engine.peek(DEAD_LETTERS, 10, 100)
    (death,) = deaths(letter.message.headers)
    assert (death.queue, death.reason, death.count) == ("work", "unknown event", 1)
    assert (death.exchange, death.routing_key) == ("events", "user.created")
    assert before - 1 <= death.time <= time.time() + 1
    assert (letter.message.body, letter.message.message_id, letter.message.content_type) == (
        b"bad",
        "id-1",
        "text/plain",
    )
    assert letter.message.headers["kept"] is True
    assert rig.status("work").depth == 0


def test_a_nack_without_requeue_is_a_reject(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(Message(b"bad", "work"))
    (delivery,) = rig.receive(1)
    rig.call(path, Nack((delivery.tag,), requeue=False))
    (letter,) = rig.engine.peek(DEAD_LETTERS, 10, 100)
    assert deaths(letter.message.headers)[0].reason == "rejected"


def test_dead_letters_follow_their_queues_rule(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("renamed")
    rig.publish(Message(b"bad", "renamed"))
    rig.call(path, Reject((rig.receive(1)[0].tag,)))
    assert rig.status("other").ready == 1
    assert rig.status(DEAD_LETTERS).ready == 0


def test_without_a_way_for_dead_letters_they_are_dropped_and_counted(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("lossy")
    rig.publish(Message(b"bad", "lossy"))
    rig.call(path, Reject((rig.receive(1)[0].tag,)))
    assert rig.status("lossy").depth == 0
    assert rig.status("lossy").totals["dropped"] == 1


def test_a_message_that_comes_back_too_often_is_dead_lettered(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("limited")
    rig.publish(Message(b"poison", "limited"), Message(b"fine", "limited"))
    counts: list[int] = []
    poison, fine = rig.receive(2)
    while poison.message.body == b"poison" and len(counts) < 10:
        counts.append(poison.delivery_count)
        rig.call(path, Nack((poison.tag,)))
        if rig.status(DEAD_LETTERS).ready:
            break
        (poison,) = rig.receive(1)
    assert counts == [0, 1, 2]
    (letter,) = rig.engine.peek(DEAD_LETTERS, 10, 100)
    assert letter.message.body == b"poison"
    assert deaths(letter.message.headers)[0].reason == "delivery-limit"
    assert rig.call(path, Ack((fine.tag,))) == 1


# --- who dies ---------------------------------------------------------------------------------------------------------


def test_what_a_dead_subscriber_held_goes_to_its_successor(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work", prefetch=5)
    rig.publish(*numbered(8, "work"))
    got = rig.receive(5)
    rig.call(path, Ack((got[0].tag,)))
    rig.receive(1)
    rig.cast("/subscriber", Crash())
    again = rig.receive(5)
    assert texts(again) == ["1", "2", "3", "4", "5"]
    assert all(delivery.redelivered for delivery in again)
    assert rig.call(path, Ack((got[1].tag,))) == 0, "a tag from before its death is stale"
    assert rig.unacked("work", 5)


def test_while_nobody_subscribes_messages_stay_ready(rig: World) -> None:
    inbox = rig.subscribe()
    rig.consume("work")
    rig.publish(*numbered(3, "work"))
    rig.receive(3)
    rig.stop("subscriber")
    rig.until(lambda: rig.status("work").ready == 3)
    rig.restart("subscriber")
    assert all(delivery.redelivered for delivery in rig.receive(3, inbox))


def test_a_consumer_that_comes_first_waits_for_its_subscriber(rig: World) -> None:
    rig.publish(*numbered(3, "work"))
    rig.consume("work")
    assert rig.status("work").ready == 3
    rig.subscribe()
    assert [delivery.redelivered for delivery in rig.receive(3)] == [False] * 3


def test_what_a_dead_consumer_held_comes_again_under_another_epoch(rig: World) -> None:
    rig.subscribe()
    path = rig.consume("work")
    rig.publish(*numbered(3, "work"))
    old = rig.receive(3)
    rig.cast(path, Crash())
    new = rig.receive(3)
    assert texts(new) == texts(old)
    assert all(delivery.redelivered for delivery in new)
    assert {delivery.tag.epoch for delivery in new}.isdisjoint(delivery.tag.epoch for delivery in old)
    assert rig.call(path, Ack(tuple(delivery.tag for delivery in old))) == 0
    assert rig.unacked("work", 3)
    assert rig.status("work").totals["stale_tags"] == 3


def test_a_full_mailbox_of_the_subscriber_is_no_error(rig: World) -> None:
    inbox = rig.subscribe(actor=SmallSubscriber)
    until, reached = threading.Event(), threading.Event()
    rig.cast("/subscriber", Block(until, reached))
    assert reached.wait(PATIENCE_SECONDS)
    rig.publish(*numbered(20, "work"))
    rig.consume("work", prefetch=20, batch=1)
    rig.settled()
    until.set()
    got = rig.receive(20, inbox)
    assert texts(got) == [str(number) for number in range(20)]
    assert not any(delivery.redelivered for delivery in got)


def test_publishers_hear_at_once_that_the_broker_is_down(rig: World) -> None:
    rig.stop("broker")
    start = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        rig.publish(Message(b"x", "work"))
    assert time.monotonic() - start < 1.0
    assert not caught.value.may_have_happened
    rig.restart("broker")
    rig.tree.wait_state(PUBLISHER, "running")
    assert rig.publish(Message(b"x", "work")) == 1


def test_everything_survives_a_restart_of_the_tree(make_engine: MakeEngine) -> None:
    with world(make_engine(TOPOLOGY)) as rig:
        rig.publish(*numbered(5, "work"))
    with world(make_engine(TOPOLOGY)) as rig:
        rig.subscribe()
        rig.consume("work")
        got = rig.receive(5)
        assert [(delivery.message.body, delivery.redelivered) for delivery in got] == [
            (str(number).encode(), False) for number in range(5)
        ]


def test_nothing_is_lost_however_often_everybody_dies(rig: World) -> None:
    """What was settled by an answered call is done; everything else comes again until it is."""
    rig.subscribe()
    path = rig.consume("work", prefetch=20, batch=10)
    rig.publish(*numbered(400, "work"))
    done: list[str] = []
    turns = itertools.cycle([None, SUBSCRIBER, None, None, path, None])
    while len(done) < 400:
        deliveries = rig.inbox.expect(Deliveries).deliveries
        if (victim := next(turns)) is not None:
            with suppress(NoProc):
                rig.cast(victim, Crash())
        with suppress(NoProc):
            settled = rig.call(path, Ack(tuple(delivery.tag for delivery in deliveries)))
            assert settled in (0, len(deliveries)), "they went out together and came back together"
            done += texts(list(deliveries)) if settled else []
    assert sorted(map(int, done)) == list(range(400)), "each was done once"
    assert rig.status("work").depth == 0


def test_a_message_that_kills_its_subscriber_wears_out(rig: World) -> None:
    rig.subscribe()
    rig.consume("limited")
    rig.publish(Message(b"poison", "limited"))
    for count in range(3):
        (delivery,) = rig.receive(1)
        assert delivery.delivery_count == count
        rig.cast(SUBSCRIBER, Crash())
    rig.until(lambda: rig.status(DEAD_LETTERS).ready == 1)


def test_a_subscriber_that_stops_in_order_wears_nothing_out(rig: World, request: pytest.FixtureRequest) -> None:
    """RabbitMQ's quorum queues count every return, so there it is as good as a crash; see `Queue.delivery_limit`."""
    times = 2 if "amqp" in request.node.name else 5
    rig.subscribe()
    rig.consume("limited")
    rig.publish(Message(b"fine", "limited"))
    for _ in range(times):
        rig.receive(1)
        rig.stop("subscriber")
        rig.restart("subscriber")
    rig.receive(1)
    assert rig.status(DEAD_LETTERS).ready == 0


def test_an_empty_list_is_confirmed(rig: World) -> None:
    assert rig.publish() == 0


# --- topology ---------------------------------------------------------------------------------------------------------


def test_declaring_again_changes_nothing_and_more_adds(make_engine: MakeEngine) -> None:
    more = Topology(queues=(Queue("new"),), bindings=(Binding("events", "new", "#"),))
    with world(make_engine(TOPOLOGY)) as rig:
        rig.publish(Message(b"x", "work"))
    with world(make_engine(TOPOLOGY)) as rig:
        assert rig.status("work").ready == 1
        clock = SystemClock()
        other = make_engine(TOPOLOGY.merge(more))
        channel = other.publish_channel(clock)
        channel.open()
        channel.close()
        rig.publish(Message(b"x", "user.created", "events"))
        ready = {status.name: status.ready for status in other.statuses()}
        assert ready["new"] == 1, "a publisher notices what others declare"


@pytest.mark.parametrize(
    "other",
    [
        Topology(exchanges=(Exchange("events", "fanout"),)),
        Topology(queues=(Queue("work", message_ttl_seconds=3),)),
        Topology(queues=(Queue("work", dead_letter_exchange=None),)),
    ],
)
def test_declaring_differently_is_a_conflict(make_engine: MakeEngine, other: Topology) -> None:
    clock = SystemClock()
    first, second = make_engine(TOPOLOGY).publish_channel(clock), make_engine(other).publish_channel(clock)
    first.open()
    try:
        with pytest.raises(TopologyConflict):
            second.open()
    finally:
        first.close()
        second.close()


def test_a_conflict_does_not_take_the_tree_down(make_engine: MakeEngine) -> None:
    with world(make_engine(TOPOLOGY)):
        pass
    other = make_engine(Topology(exchanges=(Exchange("events", "fanout"),)))
    with running(publisher_of(other), intensity=0) as tree:
        tree.wait_state(PUBLISHER, "backoff")
        with pytest.raises(Unavailable, match="backoff"):
            World(tree, other).publish(Message(b"x", "work"))


def test_a_consumer_of_an_unknown_queue_does_not_start(rig: World) -> None:
    spec = ChildSpec(
        id="lost", actor=FragileConsumer, args=(rig.engine, "nowhere", "/subscriber", 1, 1), start="eventual"
    )
    rig.start(spec)
    rig.tree.wait_state("/lost", "backoff")
    row = rig.tree.system.tree.get("/lost")
    assert row is not None
    assert "no queue nowhere" in (row.last_reason or "")
