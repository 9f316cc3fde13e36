"""The publisher actor: group commit, who is told of what, and who is woken."""

import threading
from collections.abc import Sequence
from typing import Any

from actors.broker import Message, NotConfirmed, Publish
from actors.broker.port import PUBLISHER, Published
from actors.broker.publisher import Listen, Publisher, Wake
from actors.errors import MessageRefused, Unavailable
from supervision import ChildSpec, DeadLetter, Supervisor
from supervision.testing import PATIENCE_SECONDS, Inbox, Probe, Running, running


class Channel:
    """A `PublishChannel` that notes each list, and blocks on the first until it is told to go on."""

    def __init__(self) -> None:
        self.lists: list[list[bytes]] = []
        self.reached, self.go_on = threading.Event(), threading.Event()

    def open(self) -> None:
        pass

    def publish(self, messages: Sequence[Message]) -> Published:
        self.lists.append([message.body for message in messages])
        self.reached.set()
        assert self.go_on.wait(PATIENCE_SECONDS)
        if b"refused" in self.lists[-1]:
            raise MessageRefused("the test said so")
        if b"broken" in self.lists[-1]:
            raise Unavailable("the test's broker", "nowhere")
        unroutable = frozenset(index for index, body in enumerate(self.lists[-1]) if body == b"lost")
        return Published(frozenset({"work"}), unroutable)

    def interrupt(self) -> None:
        self.go_on.set()

    def close(self) -> None:
        pass


class Engine:
    """Has that one channel."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def publish_channel(self, clock: Any) -> Channel:
        return self.channel


def tree(channel: Channel, inbox: Inbox) -> tuple[ChildSpec, ...]:
    publisher = ChildSpec(id="publisher", actor=Publisher, args=(Engine(channel),), start="eventual")
    return Supervisor.spec("broker", [publisher]), ChildSpec(id="probe", actor=Probe, args=(inbox,))


def publish_while_busy(running: Running, channel: Channel, *bodies: bytes) -> None:
    """All but the first wait together in the mailbox."""
    running.wait_state(PUBLISHER, "running")
    publisher = running.system.address(PUBLISHER)
    publisher.cast(Publish((Message(b"first"),), reply_to="/probe", ref="first"))
    assert channel.reached.wait(PATIENCE_SECONDS)
    for body in bodies:
        publisher.cast(Publish((Message(body),), reply_to="/probe", ref=body))
    channel.go_on.set()


def outcomes(inbox: Inbox, count: int) -> dict[Any, str]:
    got = [inbox.expect(object) for _ in range(count)]
    return {answer.ref: type(answer).__name__ for answer in got}  # type: ignore[attr-defined]


def test_what_waits_is_committed_together() -> None:
    channel, inbox = Channel(), Inbox()
    with running(*tree(channel, inbox)) as system:
        publish_while_busy(system, channel, b"1", b"2", b"3")
        assert set(outcomes(inbox, 4).values()) == {"Confirmed"}
    assert channel.lists == [[b"first"], [b"1", b"2", b"3"]]


def test_one_refused_message_is_its_own_publishers_fault() -> None:
    channel, inbox = Channel(), Inbox()
    with running(*tree(channel, inbox)) as system:
        publish_while_busy(system, channel, b"1", b"refused", b"3")
        assert outcomes(inbox, 4) == {
            "first": "Confirmed",
            b"1": "Confirmed",
            b"refused": "NotConfirmed",
            b"3": "Confirmed",
        }
    assert channel.lists == [[b"first"], [b"1", b"refused", b"3"], [b"1"], [b"refused"], [b"3"]]


def test_one_unroutable_message_is_its_own_publishers_fault() -> None:
    channel, inbox = Channel(), Inbox()
    with running(*tree(channel, inbox)) as system:
        publish_while_busy(system, channel, b"1", b"lost", b"3")
        assert outcomes(inbox, 4) == {
            "first": "Confirmed",
            b"1": "Confirmed",
            b"lost": "NotConfirmed",
            b"3": "Confirmed",
        }


def test_a_crash_is_told_to_all_of_the_group() -> None:
    channel, inbox = Channel(), Inbox()
    with running(*tree(channel, inbox)) as system:
        publish_while_busy(system, channel, b"1", b"broken")
        assert outcomes(inbox, 3) == {"first": "Confirmed", b"1": "NotConfirmed", b"broken": "NotConfirmed"}
        assert all(isinstance(seen.error, Unavailable) for seen in inbox.seen if isinstance(seen, NotConfirmed))


def test_those_who_listen_are_woken_until_they_are_gone() -> None:
    channel, inbox = Channel(), Inbox()
    channel.go_on.set()
    with running(*tree(channel, inbox)) as system:
        system.wait_state(PUBLISHER, "running")
        publisher = system.system.address(PUBLISHER)
        for consumer in ("/probe", "/nobody"):
            publisher.cast(Listen("work", consumer))
        publisher.cast(Listen("other", "/probe"))
        publisher.call(Publish((Message(b"1"),)))
        assert isinstance(inbox.expect(object), Wake)
        publisher.call(Publish((Message(b"2"),)))
        actor = system.system.registry.running(PUBLISHER)
        assert isinstance(actor, Publisher)
        assert actor.listeners["work"] == {"/probe"}
        assert isinstance(inbox.expect(object), Wake)
        assert inbox.nothing_more()


def test_a_failure_that_nobody_hears_is_counted() -> None:
    channel, inbox = Channel(), Inbox()
    channel.go_on.set()
    with running(*tree(channel, inbox)) as system:
        system.wait_state(PUBLISHER, "running")
        publisher = system.system.address(PUBLISHER)
        publisher.cast(Publish((Message(b"refused"),)))
        assert "not published" in system.events.expect(DeadLetter).reason
        publisher.cast(Publish((Message(b"1"),), reply_to="/nobody"))
        assert "/nobody" in system.events.expect(DeadLetter).reason
