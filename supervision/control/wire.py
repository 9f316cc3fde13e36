"""Requests and replies as JSON lines, errors included, and where the socket is. Functions of values; any thread."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervision.errors import RookeryError

SOCKET_NAME = "control.sock"
#: Bytes of one request. A reply has no bound of its own: the root makes it.
MAX_REQUEST_BYTES = 4 * 1024 * 1024
#: What fits into `sockaddr_un` on Linux (108) and on BSD and macOS (104), with its final zero.
MAX_ADDRESS_BYTES = 103


class BadRequest(RookeryError):
    """A line that is not a request."""

    title = "Bad request"
    status = 400


@dataclass(frozen=True, slots=True)
class Request:
    verb: str
    params: dict[str, Any]


def encode(document: Any) -> bytes:
    """One line. Raises TypeError or ValueError for what JSON cannot carry."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode_request(line: bytes) -> Request:
    """Raises BadRequest that says what a request looks like."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"a request is one line of JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("verb"), str):
        raise BadRequest('a request is an object {"verb": "...", "params": {...}}', field="verb")
    params = document.get("params", {})
    if not isinstance(params, dict):
        raise BadRequest("params must be an object", field="params")
    return Request(document["verb"], params)


def error_document(error: BaseException) -> dict[str, Any]:
    """An error as it travels. Only a RookeryError is meant for people; of any other the kind alone is told."""
    if isinstance(error, RookeryError):
        return {
            "type": type(error).__name__,
            "title": error.title,
            "detail": str(error),
            "field": error.field,
            "status": error.status,
            "exit_code": error.exit_code,
        }
    return {
        "type": "InternalError",
        "title": "The root failed on this request",
        "detail": f"{type(error).__name__}; the root's log tells more",
        "field": None,
        "status": 500,
        "exit_code": 70,
    }


@contextmanager
def address(home: Path) -> Iterator[str]:
    """The socket's path in a form short enough for the kernel: a deep home is reached through an open directory."""
    path = str(home / SOCKET_NAME)
    if len(os.fsencode(path)) <= MAX_ADDRESS_BYTES or not os.path.isdir("/proc/self/fd"):
        yield path
        return
    directory = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET_NAME}"
    finally:
        os.close(directory)
