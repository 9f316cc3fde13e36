"""A carrier that sends texts as fast as they are taken: signed webhooks over kept connections. A process of its own.

`python -m benchmarks.webhook_load`, told what to do by a line of JSON on standard input (`Load`). It makes all requests
first, says "ready", waits for a line, sends, and ends with a line of JSON (`Sent`). A connection sends one request
after the other; a conversation stays with its connection, so its texts are sent in order.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from actors.carrier.http.signature import twilio_signature

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
PATIENCE_SECONDS = 1800.0
#: Fields that Twilio sends and nobody here reads.
PADDING = {
    "ToCountry": "US",
    "ToState": "CA",
    "SmsStatus": "received",
    "FromCity": "SAN FRANCISCO",
    "FromState": "CA",
    "NumMedia": "0",
    "NumSegments": "1",
    "FromZip": "94105",
    "FromCountry": "US",
    "ApiVersion": "2010-04-01",
}


@dataclass(frozen=True, slots=True)
class Load:
    """`url` is what is signed, `port` where it is sent; a conversation is a leader's number and a member's."""

    port: int
    url: str
    token: str
    account: str
    run: str
    texts: int
    connections: int
    leaders: int
    members: int


@dataclass(frozen=True, slots=True)
class Sent:
    """`latencies_ms` in the order in which answers came, `at` when, in seconds since the first request."""

    seconds: float
    refused: int
    latencies_ms: list[float]
    at: list[float]


def our_number(leader: int) -> str:
    return f"+1415555{2000 + leader:04}"


def phone(member: int) -> str:
    return f"+1212{2_000_000 + member:07}"


def conversation(number: int, load: Load) -> tuple[str, str]:
    """Whose text this is: member and leader."""
    pair = number % (load.leaders * load.members)
    return phone(pair // load.leaders), our_number(pair % load.leaders)


def body(number: int, load: Load) -> str:
    """Says which one it is of its conversation."""
    return f"{number // (load.leaders * load.members)}: I would like to hear about the next show in my town, please 🎸"


def requests(load: Load) -> list[list[bytes]]:
    """For each connection, its own in order."""
    mine: list[list[bytes]] = [[] for _ in range(load.connections)]
    for number in range(load.texts):
        pair = number % (load.leaders * load.members)
        mine[pair % load.connections].append(_request(number, load))
    return mine


def _request(number: int, load: Load) -> bytes:
    member, leader = conversation(number, load)
    sid = f"SM{load.run}{number:022x}"
    fields = {"MessageSid": sid, "SmsSid": sid, "AccountSid": load.account, **PADDING}
    fields |= {"From": member, "To": leader, "Body": body(number, load)}
    content = urlencode(fields)
    path = load.url[load.url.index("/", 8) :]
    signature = twilio_signature(load.token, load.url, fields.items())
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nContent-Type: {FORM}\r\n"
    return f"{head}X-Twilio-Signature: {signature}\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode()


class Connection(asyncio.Protocol):
    """Sends the next when the last is answered. All answers are of one length and come in one piece, or it ends."""

    def __init__(self, requests: list[bytes], latencies: list[float], at: list[float], begun: float) -> None:
        self._requests = iter(requests)
        self._latencies, self._at, self._begun = latencies, at, begun
        self._sent_at = 0.0
        self._read = b""
        self.refused = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, content = self._read.partition(b"\r\n\r\n")
        if not end or len(content) < _length(head):
            return
        now = time.perf_counter()
        self._latencies.append((now - self._sent_at) * 1000.0)
        self._at.append(now - self._begun)
        self.refused += not head.startswith(b"HTTP/1.1 200")
        self._read = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    start = head.lower().index(b"content-length:") + 15
    return int(head[start:].partition(b"\r\n")[0])


async def send(load: Load, prepared: list[list[bytes]]) -> Sent:
    latencies: list[float] = []
    at: list[float] = []
    begun = time.perf_counter()
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda mine=mine: Connection(mine, latencies, at, begun), "127.0.0.1", load.port)  # type: ignore[misc]
        for mine in prepared
        if mine
    ]
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(connection.done for _, connection in pairs))
    refused = sum(connection.refused for _, connection in pairs)
    return Sent(time.perf_counter() - begun, refused, latencies, at)


def main() -> None:
    load = Load(**json.loads(sys.stdin.readline()))
    prepared = requests(load)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(asyncio.run(send(load, prepared)))), flush=True)


if __name__ == "__main__":
    main()
