"""The management API, played by a small server: what is asked for and what is made of the answer."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from actors.broker.port import QueueStatus
from actors.broker.rabbitmq import management
from actors.errors import Unavailable

NOW = 1_700_000_000.0
QUEUES = [
    {
        "name": "work",
        "messages_ready": 3,
        "messages_unacknowledged": 2,
        "consumers": 1,
        "head_message_timestamp": NOW - 60,
        "message_stats": {"publish": 9, "ack": 4, "deliver": 6},
    },
    {"name": "delay.5000.", "messages_ready": 7},
    {"name": "fresh"},
]


@contextmanager
def api(status: int, answer: Any) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *arguments: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            thread.join(10)


def test_what_it_tells() -> None:
    with api(200, QUEUES) as (port, asked):
        found = management.statuses(f"http://me:sec%2Fret@127.0.0.1:{port}/rabbit/", "/", NOW, 5)
    login = base64.b64encode(b"me:sec/ret").decode()
    assert asked == [("/rabbit/api/queues/%2F", f"Basic {login}")]
    assert found == [
        QueueStatus("fresh", 0, None, None, None, 0, {}),
        QueueStatus("work", 3, 2, None, 60.0, 1, {"published": 9, "acked": 4}),
    ]


@pytest.mark.parametrize(("status", "answer", "why"), [(401, {}, "401"), (200, b"<html>", "Expecting value")])
def test_what_it_cannot_tell_is_unavailable_without_the_password(status: int, answer: Any, why: str) -> None:
    with api(status, answer) as (port, _), pytest.raises(Unavailable, match=why) as caught:
        management.statuses(f"http://me:secret@127.0.0.1:{port}", "/", NOW, 5)
    assert "secret" not in str(caught.value)


def test_nobody_there() -> None:
    with pytest.raises(Unavailable, match="management API at 127"):
        management.statuses("http://me:secret@127.0.0.1:1", "/", NOW, 1)
