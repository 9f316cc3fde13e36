"""Requests and replies as they travel. Functions of values; any thread.

The deadline travels twice: as the caller's time of day (`deadline`) and as what was left when it was sent (`timeout`).
Processes on one kernel share its clock, so between them the deadline is exact. Clocks of two machines differ: there a
request lives `max_skew_seconds` longer, and no clock, however wrong, gives it more than `timeout` from its arrival. So
a server may run what its caller no longer awaits, for as long as the skew, and never ends what is still awaited unless
the clocks are further apart than that.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.message import Message as Body

from actors.broker import Message
from actors.rpc.contract import decode_reply, queue_of
from actors.rpc.errors import RemoteError, RpcError, TimedOut

CONTENT_TYPE = "application/protobuf"
# What a reply can be, in the property `type`; a request carries its method there.
REPLY, ERROR, INTERRUPTED = "reply", "error", "interrupted"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@cache
def clock_id() -> str:
    """Equal in two processes exactly if they read the same clock."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return socket.gethostname()


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the server sees it; `left_seconds` when it was read."""

    method: str
    type_name: str
    body: bytes
    reply_to: str
    correlation_id: str
    left_seconds: float


def request_message(
    service: str, method: str, body: Body, reply_to: str, correlation_id: str, now: float, timeout_seconds: float
) -> Message:
    """`now` is seconds since the epoch. Transient: a request that outlives the broker has no caller any more."""
    headers = {
        "message": body.DESCRIPTOR.full_name,
        "deadline": float(now + timeout_seconds),
        "timeout": float(timeout_seconds),
        "clock": clock_id(),
    }
    return Message(
        body.SerializeToString(),
        routing_key=queue_of(service),
        headers=headers,
        content_type=CONTENT_TYPE,
        message_id=correlation_id,
        correlation_id=correlation_id,
        reply_to=reply_to,
        type=method,
        persistent=False,
    )


def read_request(message: Message, now: float, max_skew_seconds: float) -> Request:
    """Whatever it is; what is wrong with it shows when it is carried out."""
    return Request(
        method=message.type,
        type_name=str(message.headers.get("message", "")),
        body=message.body,
        reply_to=message.reply_to,
        correlation_id=message.correlation_id,
        left_seconds=left_seconds(message.headers, now, max_skew_seconds),
    )


def left_seconds(headers: Mapping[str, Any], now: float, max_skew_seconds: float) -> float:
    """How long the caller still waits; zero when it has given up. Without a deadline it has."""
    deadline, timeout = headers.get("deadline"), headers.get("timeout")
    if not isinstance(deadline, int | float) or not isinstance(timeout, int | float):
        return 0.0
    skew = 0.0 if headers.get("clock") == clock_id() else max_skew_seconds
    return max(0.0, min(deadline - now + skew, timeout))  # in this order, what is no number is nothing left


def reply_message(request: Request, body: Body) -> Message:
    return _answer(request, REPLY, body.SerializeToString(), {"message": body.DESCRIPTOR.full_name})


def error_message(request: Request, document: Mapping[str, Any]) -> Message:
    """An error in the form of `supervision.control.wire.error_document`."""
    return _answer(request, ERROR, b"", {name: value for name, value in document.items() if value is not None})


def interrupted_message(request: Request, why: str) -> Message:
    """It may have run, and nobody will ever know more."""
    return _answer(request, INTERRUPTED, b"", {"detail": why})


def read_reply(message: Message) -> Any:
    """The typed reply. Raises RemoteError, TimedOut (it may have run), or what `decode_reply` raises."""
    if message.type == REPLY:
        return decode_reply(str(message.headers.get("message", "")), message.body)
    if message.type == ERROR:
        raise RemoteError(message.headers)
    if message.type == INTERRUPTED:
        raise TimedOut(f"{message.headers.get('detail', 'interrupted')}; it may have run")
    raise RpcError(f"a reply of the unknown type {message.type!r}")


def _answer(request: Request, type: str, body: bytes, headers: Mapping[str, Any]) -> Message:
    return Message(
        body,
        routing_key=request.reply_to,
        headers=headers,
        content_type=CONTENT_TYPE,
        correlation_id=request.correlation_id,
        type=type,
        persistent=False,
    )
