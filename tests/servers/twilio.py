"""A carrier that speaks like Twilio: takes texts, answers as it is told to, calls back with its signature."""

import base64
import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from actors.carrier.http.signature import twilio_signature

ACCOUNT, TOKEN = "AC0123", "a token of twilio"
PATIENCE_SECONDS = 10.0
Form = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What is said to a text. `hang_up`: nothing, and the connection ends; `wait`: not before this event."""

    status: int = 201
    said: dict[str, Any] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    hang_up: bool = False
    wait: threading.Event | None = None


class FakeTwilio(ThreadingHTTPServer):
    """`texts` are those it took, in the order of their arrival; `answer` decides what each is told."""

    daemon_threads = True
    block_on_close = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Callable[[Form], Answer] = lambda form: Answer()
        self.texts: list[Form] = []
        #: What a text is said to be when it is asked for, by its SID; `asked` are those that were.
        self.resources: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.connections = 0
        self.sids = itertools.count(1)
        self.arrived = threading.Condition()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def wait_for(self, count: int) -> list[Form]:
        """Until so many texts arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.texts) >= count, PATIENCE_SECONDS), f"{len(self.texts)} texts"
            return list(self.texts)

    def call_back(self, url: str, address: str, token: str = TOKEN, **fields: str) -> http.client.HTTPResponse:
        """A signed form for `url`, sent to the server at `address`."""
        parts, at = urlsplit(url), urlsplit(address)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": twilio_signature(token, url, fields.items()),
            "I-Twilio-Idempotency-Token": "any",
        }
        connection = http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", parts.path, urlencode(fields), headers)
            response = connection.getresponse()
            response.read()
            return response
        finally:
            connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE_SECONDS
    server: FakeTwilio

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True))
        with self.server.arrived:
            self.server.texts.append(form)
            self.server.arrived.notify_all()
        answer = self._refusal() or self.server.answer(form)
        if answer.wait is not None:
            answer.wait.wait(PATIENCE_SECONDS)
        if answer.hang_up:
            self.close_connection = True
            return
        self._say(answer)

    def do_GET(self) -> None:
        sid = self.path.rpartition("/")[2].removesuffix(".json")
        self.server.asked.append(sid)
        missing = Answer(404, {"code": 20404, "message": "not found"})
        answer = self._refusal(f"/{sid}") or self.server.resources.get(sid, missing)
        if answer.hang_up:
            self.close_connection = True
            return
        self._say(answer)

    def _refusal(self, resource: str = "") -> Answer | None:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages{resource}.json":
            return Answer(404, {"code": 20404, "message": "not found"})
        if self.headers["Authorization"] != expected:
            return Answer(401, {"code": 20003, "message": "Authenticate"})
        return None

    def _say(self, answer: Answer) -> None:
        said = answer.said
        if said is None:
            said = {"sid": f"SM{next(self.server.sids):032x}", "status": "queued"} if answer.status == 201 else {}
        content = json.dumps(said).encode()
        self.send_response(answer.status)
        for name, value in (
            *answer.headers,
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def fake_twilio() -> Iterator[FakeTwilio]:
    """Running on a free port until the `with` ends; its clients must have hung up by then."""
    with FakeTwilio() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="twilio")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(PATIENCE_SECONDS)
