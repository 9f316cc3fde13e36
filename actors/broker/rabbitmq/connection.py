"""One connection to RabbitMQ, served in turns by the thread of the actor that opened it.

Pika's connection calls back; here a call sends, turns the loop until the answer is there, and returns it. Heartbeats
are served in every turn. All of it belongs to the owner's thread, but for `wake` and `interrupt`.

Whatever goes wrong becomes `Unavailable`. It is not mended here: the actor dies of it, and its supervisor, which knows
how to wait, starts the next one with a new connection.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.connection_workflow import AMQPConnectionWorkflowFailed, AMQPConnectorPhaseErrorBase
from pika.channel import Channel as PikaChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.spec import Basic

from actors.broker.config import BrokerConfig
from actors.broker.rabbitmq.decoding import Content
from actors.broker.rabbitmq.hosts import Address, parameters_of
from actors.broker.rabbitmq.link import Link
from actors.errors import Unavailable

WHAT = "RabbitMQ"
#: Farewells are short: the broker notices a closed socket too.
CLOSE_SECONDS = 1.0
#: So many addresses of one host, such as IPv6 and IPv4, are tried in the time that we wait.
ADDRESSES = 2
#: What went wrong is said once, by us, without parameters.
logging.getLogger("pika").setLevel(logging.CRITICAL)


class ChannelClosed(Exception):
    """The broker closed a channel: AMQP's reply code and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class Connection:
    """Opened once, used until it fails or is closed; see `Pumped` in the port for `pump` and `wake`."""

    def __init__(self, address: Address, config: BrokerConfig, name: str) -> None:
        self.address = address
        self.config = config
        self.name = name
        self.blocked = ""
        self._failure: str | None = None
        self._interrupted = False
        self._loop: IOLoop | None = None
        self._link: Link | None = None

    def open(self) -> None:
        """Connect to the first host that answers. Raises Unavailable, ConfigError."""
        parameters = parameters_of(self.address, self.config, self.name)
        random.shuffle(parameters)  # so that not all land on the first of a cluster
        self._loop = IOLoop()
        self._loop.activate_poller()
        outcome: list[Any] = []
        attempt = Link.create_connection(parameters, on_done=outcome.append, custom_ioloop=self._loop)
        # Pika gives each address its time; a name may have several. Ours is only for the case that it does not.
        patience = self.config.connect_timeout_seconds * len(parameters) * ADDRESSES + CLOSE_SECONDS
        try:
            self.wait(lambda: bool(outcome), patience, "no connection in time")
        except Unavailable:
            with suppress(AssertionError):  # pika's own, when it is in the middle of its handshake
                attempt.abort()
            raise
        if not isinstance(outcome[0], Link):
            raise self.unavailable(_why(outcome[0]))
        self._link = outcome[0]
        self._link.add_on_close_callback(self._on_closed)
        self._link.add_on_connection_blocked_callback(self._on_blocked)
        self._link.add_on_connection_unblocked_callback(self._on_unblocked)

    @property
    def link(self) -> Link:
        """Raises Unavailable when there is no connection."""
        if self._link is None or self._failure is not None:
            raise self.unavailable(self._failure or "the connection is not open")
        return self._link

    def channel(self) -> "Channel":
        """A new one, open. Raises Unavailable."""
        return Channel(self)

    # --- turning the loop ---------------------------------------------------------------------------------------------

    def pump(self, timeout_seconds: float) -> None:
        """Serve the connection for one turn. Raises Unavailable when it is lost."""
        loop = self._loop
        if loop is None:
            raise self.unavailable("the connection is not open")
        _turn(loop, timeout_seconds)
        why = "interrupted" if self._interrupted else self._failure
        if why is not None:
            raise self.unavailable(why, may_have_happened=True)

    def wait(self, done: Callable[[], bool], timeout_seconds: float, why: str) -> None:
        """Turn until it is done. Raises Unavailable, with `why` after the timeout; then anything may have happened."""
        deadline = time.monotonic() + timeout_seconds
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise self.unavailable(why, may_have_happened=True)
            self.pump(left)

    def wake(self) -> None:
        """End a `pump` that waits. Any thread."""
        loop = self._loop
        if loop is not None:
            loop.add_callback_threadsafe(_nothing)

    def interrupt(self) -> None:
        """Make whatever waits here fail, and the broker take back what is not settled. Any thread."""
        self._interrupted = True
        if (link := self._link) is not None:
            link.cut()
        self.wake()

    def close(self) -> None:
        """Say good-bye, and let go of everything; does not raise."""
        link, loop = self._link, self._loop
        self._link = self._loop = None
        if loop is None:
            return
        try:
            if link is not None and link.is_open and not self._interrupted:
                link.close()
                _turn_until_closed(loop, link)
            if link is not None and not link.is_closed:
                link.abort()
                _turn_until_closed(loop, link)
        except (AMQPError, OSError):
            pass
        finally:
            loop.deactivate_poller()
            loop.close()

    # --- what pika tells ----------------------------------------------------------------------------------------------

    def unavailable(self, why: str, may_have_happened: bool = False) -> Unavailable:
        """The error for it."""
        return Unavailable(WHAT, self.address.where, why, may_have_happened=may_have_happened)

    def fail(self, why: str) -> None:
        """From a callback: whoever turns the loop gets Unavailable."""
        self._failure = self._failure or why

    def _on_closed(self, link: Link, error: BaseException) -> None:
        self.fail(f"the connection was lost: {error}")

    def _on_blocked(self, link: Link, frame: Any) -> None:
        self.blocked = str(frame.method.reason) or "an alarm"

    def _on_unblocked(self, link: Link, frame: Any) -> None:
        self.blocked = ""


class Channel:
    """A channel whose methods answer. When the broker closes it, that is `ChannelClosed` to whoever waits."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.closed: ChannelClosed | None = None
        opened: list[PikaChannel] = []
        self.raw: PikaChannel = connection.link.channel(on_open_callback=opened.append)
        self.raw.add_on_close_callback(self._on_closed)
        self._wait(lambda: bool(opened))

    @property
    def number(self) -> int:
        return int(self.raw.channel_number)

    def on_deliver(self, taker: Callable[[Content], None]) -> None:
        """Who gets the deliveries of this channel."""
        self.connection.link.on_deliver[self.number] = taker

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """One of pika's methods that take a `callback`; the answer's method. Raises ChannelClosed, Unavailable."""
        self.check()
        answers: list[Any] = []
        getattr(self.raw, method)(*arguments, callback=answers.append, **options)
        self._wait(lambda: bool(answers))
        return answers[0].method

    def get(self, queue: str) -> tuple[Any, Any, bytes] | None:
        """Take one message: method, properties, body; None when there is none. Raises ChannelClosed, Unavailable."""
        self.check()
        got: list[tuple[Any, Any, bytes] | None] = []
        self.raw.add_callback(lambda frame: got.append(None), [Basic.GetEmpty], one_shot=True)
        self.raw.basic_get(queue, lambda channel, *content: got.append(content))
        self._wait(lambda: bool(got))
        return got[0]

    def write(self, frames: list[bytes]) -> None:
        """Send frames of this channel. Raises ChannelClosed, Unavailable."""
        self.check()
        self.connection.link.write(frames)

    def check(self) -> None:
        """Raises ChannelClosed when the broker has closed it."""
        if self.closed is not None:
            raise self.closed

    def close(self) -> None:
        """Without waiting for the broker's word."""
        if self.raw.is_open:
            self.raw.close()

    def _wait(self, done: Callable[[], bool]) -> None:
        timeout = self.connection.config.connect_timeout_seconds
        self.connection.wait(lambda: self.closed is not None or done(), timeout, "no answer in time")
        self.check()

    def _on_closed(self, channel: PikaChannel, error: BaseException) -> None:
        if isinstance(error, ChannelClosedByBroker):
            self.closed = ChannelClosed(error.reply_code, error.reply_text)


def _why(error: BaseException) -> str:
    """Pika wraps what happened several times; the innermost is what an operator can use."""
    while isinstance(error, AMQPConnectionWorkflowFailed | AMQPConnectorPhaseErrorBase):
        error = error.exceptions[-1] if isinstance(error, AMQPConnectionWorkflowFailed) else error.exception
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _turn(loop: IOLoop, seconds: float) -> None:
    timer = loop.call_later(seconds, _nothing)
    loop.poll()
    loop.process_timeouts()
    if timer.callback is not None:
        loop.remove_timeout(timer)


def _turn_until_closed(loop: IOLoop, link: Link) -> None:
    deadline = time.monotonic() + CLOSE_SECONDS
    while not link.is_closed and (left := deadline - time.monotonic()) > 0:
        _turn(loop, left)


def _nothing() -> None:
    """To have something to call."""
