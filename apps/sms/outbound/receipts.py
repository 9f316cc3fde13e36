"""Receipts of all carriers, from the queue into what is known of texts: the pipeline `/sms/receipts`.

Any node and machine may read; a batch is one transaction. A receipt that comes a second time, or before the carrier's
answer, or in the wrong order, is as good as any (see `known`). One that cannot be read is a dead letter. The methods
run in the stages of the pipeline.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError

from actors.carrier.port import Receipt, ReceiptState
from actors.database import Database
from actors.errors import Unavailable
from actors.pipeline import BatchInfo, Handler, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource, Retry, delays
from actors.pipeline.connector import Rule as RetryRule
from apps.contracts.sms_pb2 import InboundReceipt
from apps.sms.outbound import known
from apps.sms.outbound.optouts import CarrierOptOut, believe
from apps.sms.queues import RECEIPTS
from supervision import ChildSpec, System
from supervision.config import Settings

ID = "receipts"
NEEDS = ("/broker/publisher", "/database/pool")
BATCH = 500
#: A database that is away, and two writers in each other's way, pass; anything else is the receipt's own.
AGAIN = Retry(attempts=1, rules=(RetryRule((Unavailable,), attempts=1_000_000_000, backoff=delays(0.2, 10.0)),))
UNREADABLE, OPT_OUTS = "unreadable", "opt-outs"


class Receipts(Handler):
    """`counts` of receipts by what became of them: any thread."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def begin(self, system: System) -> None:
        """What cannot travel into a node is made there."""
        self.clock = system.clock
        self.database = Database(system)
        self._lock = threading.Lock()

    def handle_message(self, message: Message, context: Any) -> Message:
        """The receipt instead of its bytes."""
        try:
            return message.put_data(read(message.data))
        except (DecodeError, ValueError) as error:
            self._count(Counter({UNREADABLE: 1}))
            return message.failed(f"not a receipt: {error}").configure_ack(on_failure="reject")

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        """Raises Unavailable."""
        receipts = [message.data for message in messages]
        now = datetime.fromtimestamp(self.clock.time(), UTC)
        with self.database.begin() as conn:
            counts = known.apply(conn, receipts, now)
            said = [CarrierOptOut(*one) for one in known.opted_out(conn, receipts)]
            counts[OPT_OUTS] += believe(conn, said, now)
        self._count(counts)
        return messages

    def _count(self, counts: Counter[str]) -> None:
        with self._lock:
            self.counts.update(counts)


def read(body: bytes) -> Receipt:
    """Raises DecodeError, ValueError."""
    said = InboundReceipt.FromString(body)
    at = said.at.ToDatetime(UTC) if said.HasField("at") else None
    return Receipt(said.carrier, said.carrier_id, ReceiptState(said.state), said.code, at, said.opted_out)


def receipts_spec(settings: Settings) -> ChildSpec:
    """`/sms/receipts`."""
    return pipeline_spec(
        ID,
        handler=Receipts(),
        producer={
            "actor": BrokerProducer,
            "args": (BrokerSource(settings, BrokerOptions(RECEIPTS, on_failure=AGAIN)),),
        },
        processors={"concurrency": 1, "max_demand": BATCH},
        batchers={"default": {"concurrency": 1, "batch_size": BATCH, "batch_timeout_seconds": 0.05}},
        needs=NEEDS,
        max_restarts=20,
        max_seconds=10.0,
    )
