"""Pika's connection, with the two things done otherwise that decide the speed: deliveries in, contents out.

Everything here but `cut` runs in the thread that turns the loop of pika. `decoding` reads whole deliveries; all other
frames are left to pika. What is written by hand goes out in one piece.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pika.adapters.select_connection import SelectConnection
from pika.exceptions import StreamLostError
from pika.frame import decode_frame

from actors.broker.rabbitmq import decoding

#: Read this much from the socket at once; pika would take 4 KB.
RECEIVE_BYTES = 256 * 1024


class Link(SelectConnection):  # type: ignore[misc]  # pika is not typed
    """A connection whose deliveries go to `on_deliver`, by channel number."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.on_deliver: dict[int, Callable[[decoding.Content], None]] = {}
        self._chunks: list[bytes] = []
        self._missing = 0
        super().__init__(*arguments, **options)

    def write(self, frames: list[bytes]) -> None:
        """Send frames that are bytes already. Raises pika's ConnectionWrongStateError."""
        if frames:
            self._output_marshaled_frames([b"".join(frames)])

    def buffered_bytes(self) -> int:
        """What the socket has not taken yet."""
        return 0 if self._transport is None else self._get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._terminate_stream(StreamLostError("dropped"))

    def cut(self) -> None:
        """End the connection under its owner, who may hang: the broker takes back what is not settled. Any thread."""
        sock = getattr(self._transport, "_sock", None)
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not that of TLS, whose state is the owner's

    def _proto_connection_made(self, transport: Any) -> None:
        transport._MAX_RECV_BYTES = RECEIVE_BYTES
        transport._MAX_CONSUME_BYTES = RECEIVE_BYTES
        super()._proto_connection_made(transport)

    def _on_data_available(self, data_in: bytes) -> None:
        self.bytes_received += len(data_in)
        self._chunks.append(data_in)
        self._missing -= len(data_in)
        if self._missing > 0:
            return
        buffer = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        # Its own list first: a frame may close the connection, which resets pika's state in the middle of this.
        self._chunks = []
        rest, self._missing = self._take_frames(buffer)
        if rest:
            self._chunks.append(rest)

    def _take_frames(self, buffer: bytes) -> tuple[bytes, int]:
        while buffer:
            contents, consumed, missing = decoding.scan(buffer)
            for content in contents:
                self.frames_received += 3
                taker = self.on_deliver.get(content.channel)
                if taker is not None:
                    taker(content)
            buffer = buffer[consumed:] if consumed else buffer
            if missing:
                return buffer, missing
            used, frame = decode_frame(buffer)
            if frame is None:
                break
            buffer = buffer[used:]
            self._process_frame(frame)
        return buffer, 0
