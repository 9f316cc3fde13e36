"""Texts that other services want sent: by RPC, or as `SendRequest`s in the queue `sms.outbound`. `/sms/sending`.

A text is a row once it is accepted; the same key is the same text. What cannot be sent goes to the dead letters with
the reason. The methods of the pipeline run in its stages, `send` in the caller's thread.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError

from actors.broker import Message as BrokerMessage
from actors.database import Connection, Database
from actors.errors import Unavailable
from actors.pipeline import BatchInfo, Failed, Handler, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource, Retry, Rule, delays
from apps.contracts.sms_pb2 import SendRequest
from apps.sms.config import Sms
from apps.sms.errors import SmsError
from apps.sms.hub.inbox import reply
from apps.sms.numbers import parse
from apps.sms.queues import OUTBOUND
from apps.sms.states import Lane
from supervision import ChildSpec, System
from supervision.config import Settings

#: A database that is away passes: such a request is tried again without end.
AGAIN = Retry(attempts=1, rules=(Rule((Unavailable,), attempts=1_000_000_000, backoff=delays(0.5, 30.0)),))
BATCH = 200
NEEDS = ("/broker/publisher", "/database/pool")
QUEUED, REFUSED = "queued", "refused"


class WrongRequest(SmsError):
    """A request to send that says too little, or something that is none of the choices."""

    title = "That is no text to send"


def send(conn: Connection, request: SendRequest, default_region: str, now: datetime) -> str:
    """Queue the text; its key. Raises WrongRequest, InvalidNumber, UnknownMember, HasLeft, UnsendableText."""
    if request.lane not in ("", *Lane):
        raise WrongRequest(f"the lane is {', '.join(Lane)}, not {request.lane!r}", field="lane")
    if len(request.key) > 200 or "\0" in request.key + request.leader:
        raise WrongRequest("the key has at most 200 characters, and none is NUL", field="key")
    number = parse(request.to, default_region, field="to").value
    lane, key = Lane(request.lane or Lane.LEADER), request.key or f"sent:{uuid.uuid4().hex}"
    return reply(conn, request.leader, number, request.body, now, key=key, lane=lane)


def message_of(request: SendRequest) -> BrokerMessage:
    """As a service publishes it. Give it a key: it may arrive twice."""
    return BrokerMessage(
        request.SerializeToString(), OUTBOUND, content_type="application/protobuf", type=request.DESCRIPTOR.full_name
    )


class Sending(Handler):
    """What the stages do. `counts` of requests by what became of them: any thread."""

    def __init__(self, default_region: str) -> None:
        self.default_region = default_region
        self.counts: Counter[str] = Counter()

    def begin(self, system: System) -> None:
        """What cannot travel into a node is made there."""
        self.database = Database(system)
        self.clock = system.clock
        self._lock = threading.Lock()

    def handle_message(self, message: Message, context: Any) -> Message:
        """The request instead of its bytes."""
        request = SendRequest()
        try:
            request.ParseFromString(message.data)
        except DecodeError as error:
            return message.failed(f"not a SendRequest: {error}")
        return message.put_data(request)

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        """One transaction; a request that is refused leaves no trace in it. Raises Unavailable."""
        now = datetime.fromtimestamp(self.clock.time(), UTC)
        with self.database.begin() as conn:
            done = [self._send(conn, message, now) for message in messages]
        self._count(QUEUED, sum(1 for message in done if message.ok))
        return done

    def handle_failed(self, messages: list[Message], context: Any) -> Sequence[Message]:
        self._count(REFUSED, sum(1 for message in messages if isinstance(message.status, Failed)))
        return messages

    def _send(self, conn: Connection, message: Message, now: datetime) -> Message:
        try:
            send(conn, message.data, self.default_region, now)
        except SmsError as error:
            return message.failed(f"{error.field}: {error}" if error.field else str(error))
        return message

    def _count(self, outcome: str, requests: int) -> None:
        with self._lock:
            self.counts[outcome] += requests


def sending_spec(settings: Settings) -> ChildSpec:
    """The pipeline, a child of the app's supervisor."""
    config: Sms = settings.section("sms")
    return pipeline_spec(
        "sending",
        handler=Sending(config.default_region),
        producer={
            "actor": BrokerProducer,
            "args": (BrokerSource(settings, BrokerOptions(OUTBOUND, on_failure=AGAIN)),),
        },
        processors={"concurrency": 1, "max_demand": BATCH},
        batchers={"default": {"concurrency": 1, "batch_size": BATCH, "batch_timeout_seconds": 0.02}},
        needs=NEEDS,
        max_restarts=20,
        max_seconds=10.0,
    )
