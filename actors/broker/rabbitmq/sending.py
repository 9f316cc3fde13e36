"""A channel in confirm mode: a list of messages is written in pieces and waited for, with a window of open confirms.

Belongs to the thread of its connection. A message to an exchange that does not exist would close the channel and leave
the fate of those behind it unknown; so exchanges are looked for before their first use.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.broker.rabbitmq import frames
from actors.broker.rabbitmq.confirms import Confirms, lost
from actors.broker.rabbitmq.connection import ChannelClosed, Connection
from actors.broker.rabbitmq.declaring import has_exchange
from actors.broker.rabbitmq.delays import FRESH_SECONDS, Delay
from actors.broker.rabbitmq.delays import delay as delay_of
from supervision.clock import Clock

#: So many messages may wait for their confirm; enough to keep the broker busy over a round trip.
WINDOW = 500
#: Bytes that are written in one piece, and that may wait in our buffer before more are added.
PIECE_BYTES, BUFFER_BYTES = 256 * 1024, 4 * 2**20
#: Frames before a content are all alike for one address; routing keys are the publishers' to choose.
MAX_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message ready for the wire, and where it goes."""

    exchange: str
    routing_key: str
    properties: bytes
    body: bytes


class Sending:
    """Open after its construction. Methods raise Unavailable; then what was sent may have arrived."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self.confirms = Confirms()
        self.channel = connection.channel()
        self._methods: dict[tuple[str, str], bytes] = {}
        self._exchanges = {""}
        self._delays: dict[Delay, float] = {}
        self.channel.raw.add_on_return_callback(self._on_return)
        self.channel.call("confirm_delivery", self._on_confirm)

    def send(self, parcels: Sequence[Parcel]) -> set[int]:
        """Return when all are confirmed; the places of those that reached no queue."""
        self._wait_while_blocked()
        missing = self._missing({parcel.exchange for parcel in parcels})
        there = [place for place, parcel in enumerate(parcels) if parcel.exchange not in missing]
        self.confirms.begin()
        try:
            self._write(parcels[place] for place in there)
            self._wait_for_confirms(0)
        except ChannelClosed as closed:
            raise self.connection.unavailable(f"the channel was closed: {closed}", may_have_happened=True) from closed
        if self.confirms.refused:
            why = f"it refused {self.confirms.refused} message(s): a queue is full, or lacks a majority of its nodes"
            raise self.connection.unavailable(why, may_have_happened=True)
        came_back = lost(((parcels[place].exchange, parcels[place].routing_key) for place in there),
                         self.confirms.returned)  # fmt: skip
        return set(range(len(parcels))).difference(there) | {there[place] for place in came_back}

    def delayed(self, seconds: float, exchange: str) -> str:
        """The exchange behind which a message waits, made ready for it. Raises MessageRefused, Unavailable."""
        delay = delay_of(seconds, exchange, self.connection.config.queue_type)
        now = self.clock.monotonic()
        if now >= self._delays.get(delay, 0.0):
            self._declare_delay(delay)
            self._delays[delay] = now + FRESH_SECONDS
            self._exchanges.add(delay.name)
        return delay.name

    # --- writing ------------------------------------------------------------------------------------------------------

    def _write(self, parcels: Iterable[Parcel]) -> None:
        number, frame_max = self.channel.number, self.connection.link.params.frame_max
        piece: list[bytes] = []
        size = 0
        for parcel in parcels:
            piece.append(self._method(parcel.exchange, parcel.routing_key))
            piece += frames.content(number, parcel.properties, parcel.body, frame_max)
            size += len(parcel.body) + len(parcel.properties)
            self.confirms.sent()
            if size >= PIECE_BYTES or self.confirms.outstanding >= WINDOW:
                self.channel.write(piece)
                self._wait_for_confirms(WINDOW // 2)
                piece, size = [], 0
        self.channel.write(piece)

    def _method(self, exchange: str, routing_key: str) -> bytes:
        address = exchange, routing_key
        found = self._methods.get(address)
        if found is None:
            if len(self._methods) >= MAX_ADDRESSES:
                self._methods.clear()
            found = frames.publish(self.channel.number, exchange.encode(), routing_key.encode())
            self._methods[address] = found
        return found

    def _missing(self, exchanges: set[str]) -> set[str]:
        missing = {exchange for exchange in exchanges - self._exchanges if not has_exchange(self.connection, exchange)}
        self._exchanges |= exchanges - missing
        return missing

    def _declare_delay(self, delay: Delay) -> None:
        channel = self.connection.channel()
        try:
            channel.call("exchange_declare", delay.name, "fanout", durable=True, auto_delete=True)
            channel.call("queue_declare", delay.name, durable=True, arguments=delay.arguments())
            channel.call("queue_bind", delay.name, delay.name)
        except ChannelClosed as closed:
            raise self.connection.unavailable(f"{delay.name} cannot be declared: {closed}") from closed
        channel.close()

    # --- waiting ------------------------------------------------------------------------------------------------------

    def _wait_while_blocked(self) -> None:
        """Before anything is sent, so that nothing has happened when it takes too long."""
        deadline = self.clock.monotonic() + self.connection.config.blocked_timeout_seconds
        while self.connection.blocked:
            left = deadline - self.clock.monotonic()
            if left <= 0:
                raise self.connection.unavailable(self._alarm())
            self.connection.pump(left)

    def _wait_for_confirms(self, outstanding: int) -> None:
        config = self.connection.config
        start = self.clock.monotonic()
        while self.confirms.outstanding > outstanding or self.connection.link.buffered_bytes() > BUFFER_BYTES:
            self.channel.check()
            waited = self.clock.monotonic() - start
            if self.connection.blocked and waited >= config.blocked_timeout_seconds:
                raise self.connection.unavailable(self._alarm(), may_have_happened=True)
            if waited >= config.confirm_timeout_seconds:
                raise self.connection.unavailable("it did not confirm in time", may_have_happened=True)
            self.connection.pump(0.5)

    def _alarm(self) -> str:
        return f"it takes nothing because of an alarm: {self.connection.blocked}"

    # --- what the broker says -----------------------------------------------------------------------------------------

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        self.confirms.settled(method.delivery_tag, method.multiple, refused=method.NAME == "Basic.Nack")

    def _on_return(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self.confirms.came_back((method.exchange, method.routing_key))
