"""An actor that waits in a loop: woken by messages, by I/O and by the system, and served while its mailbox is busy."""

import select
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from supervision import ChildExited, ChildSpec, Crashed
from supervision.messages import Resume, Suspend
from supervision.reactor import Reactor
from supervision.testing import PATIENCE_SECONDS, Inbox, running


class Selecting:
    """A loop over one end of a socket pair: what arrives there goes to the inbox; a wake is a byte on another pair."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.near, self.far = socket.socketpair()
        self.wakeful, self.waker = socket.socketpair()
        self.wakes = 0

    def pump(self, timeout_seconds: float) -> None:
        ready, _, _ = select.select([self.near, self.wakeful], [], [], timeout_seconds)
        if self.wakeful in ready:
            self.wakeful.recv(100)
        if self.near in ready:
            data = self.near.recv(100)
            if data == b"die":
                raise ConnectionError("the peer said so")
            self.inbox.put(data)

    def wake(self) -> None:
        self.wakes += 1
        self.waker.send(b"!")

    def close(self) -> None:
        for end in (self.near, self.far, self.wakeful, self.waker):
            end.close()


class Owner(Reactor):
    def __init__(self, loop: Selecting) -> None:
        super().__init__()
        self.loop = loop

    def on_start(self) -> None:
        self.attach(self.loop)

    def on_receive(self, message: Any) -> Any:
        match message:
            case threading.Event():
                assert message.wait(PATIENCE_SECONDS)
            case "detach":
                self.detach()
            case _:
                self.loop.inbox.put(message)
                return message


def until(condition: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come true in time")


@pytest.fixture
def loop():
    made = Selecting(Inbox())
    yield made
    made.close()


def test_it_serves_messages_and_io_in_one_thread(loop) -> None:
    with running(ChildSpec(id="owner", actor=Owner, args=(loop,))) as tree:
        assert tree.system.address("/owner").call("hello") == "hello"
        loop.far.send(b"from outside")
        assert loop.inbox.expect(bytes) == b"from outside"
        tree.system.address("/owner").cast("again")
        assert loop.inbox.expect(str, lambda text: text == "again")


def test_what_the_loop_raises_is_a_crash_with_its_reason(loop) -> None:
    with running(ChildSpec(id="owner", actor=Owner, args=(loop,))) as tree:
        tree.system.address("/owner").call("hello")
        loop.far.send(b"die")
        exited = tree.events.expect(ChildExited)
        assert exited.path == "/owner"
        assert isinstance(exited.reason, Crashed)
        assert "the peer said so" in str(exited.reason)


def test_io_is_served_while_the_mailbox_never_runs_empty(loop) -> None:
    class Busy(Owner):
        def on_receive(self, message: Any) -> None:
            if not ended.is_set():
                self.actor_ref.tell(message)

    ended = threading.Event()
    with running(ChildSpec(id="owner", actor=Busy, args=(loop,))) as tree:
        tree.system.address("/owner").cast("round and round")
        loop.far.send(b"in between")
        assert loop.inbox.expect(bytes) == b"in between"
        ended.set()


def test_a_suspended_reactor_serves_its_connection_and_nothing_else(loop) -> None:
    with running(ChildSpec(id="owner", actor=Owner, args=(loop,))) as tree:
        actor = tree.system.registry.running("/owner")
        actor.actor_inbox.put_system(Suspend())
        until(lambda: actor.suspended)
        tree.system.address("/owner").cast("later")
        loop.far.send(b"heartbeat")
        assert loop.inbox.expect(bytes) == b"heartbeat"
        assert "later" not in loop.inbox.seen
        actor.actor_inbox.put_system(Resume())
        assert loop.inbox.expect(str) == "later"


def test_a_busy_owner_is_not_woken(loop) -> None:
    """A wake is a system call; a thousand messages to an owner at work must not cost a thousand of them."""
    with running(ChildSpec(id="owner", actor=Owner, args=(loop,))) as tree:
        hold = threading.Event()
        tree.system.address("/owner").cast(hold)
        until(lambda: tree.system.registry.running("/owner").depth() == (0, 0))
        before = loop.wakes
        for number in range(500):
            tree.system.address("/owner").cast(number)
        assert loop.wakes - before <= 1
        hold.set()
        assert loop.inbox.expect(int, lambda number: number == 499)


def test_detached_it_waits_in_its_mailbox(loop) -> None:
    with running(ChildSpec(id="owner", actor=Owner, args=(loop,))) as tree:
        tree.system.address("/owner").cast("detach")
        assert tree.system.address("/owner").call("still there") == "still there"
        loop.far.send(b"unread")
        assert tree.system.address("/owner").call("after") == "after"
        assert b"unread" not in loop.inbox.seen
