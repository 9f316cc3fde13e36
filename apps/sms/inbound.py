"""The way in: texts from the queues into the database, once each and in order. Two pipelines.

`/sms/inbound`: every text is a row before it is acknowledged, so the leader sees it at once and the hub takes it from
there, fairly. All buckets have equal weight.
`/sms/stops`: what is nothing but an opt-out or a help word overtakes all of that in a pipeline of its own, and is done
with at once: in the transaction that writes the row the member leaves, what was queued for them is revoked, and it is
confirmed.

Order: by a lease each of the two runs on one node of all machines, with one batch processor, and a batch that the
database does not take is tried again in its place before any other, until it is written or the pipeline stops. A stage
that dies takes all of its pipeline along, and what it had goes back in its places. The methods run in the stages.
"""

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from actors.database import Database
from actors.errors import Unavailable
from actors.lease.tenant import HELD, tenant_spec
from actors.pipeline import BatchInfo, Handler, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource, Lane
from apps.sms.config import Sms
from apps.sms.hub.leaders import Leaders, hold
from apps.sms.hub.messages import HUB, Wake
from apps.sms.hub.storing import Arrival, UnreadableText, arrival, owners, store
from apps.sms.hub.working import answer_at_once
from apps.sms.outbound.silence import silence
from apps.sms.queues import STOP, buckets
from supervision import ChildSpec, MailboxFull, NoProc, State, System
from supervision.config import Settings

logger = logging.getLogger(__name__)

PIPELINE = "texts"
NEEDS = ("/broker/publisher", "/database/pool")
#: Texts of one transaction.
BATCH, STOPS_BATCH = 500, 50
#: Between two tries to write a batch while the database is away.
PAUSE_SECONDS = 0.25
WRITTEN, COPIES, NOBODYS, UNREADABLE = "written", "copies", "for nobody", "unreadable"


class Inbound(Handler):
    """What the stages do. `counts` of texts by what became of them: any thread."""

    def __init__(self, path: str, *, at_once: bool) -> None:
        self.path = path
        self.at_once = at_once
        self.counts: Counter[str] = Counter()

    def begin(self, system: System) -> None:
        """What cannot travel into a node is made there."""
        self.system = system
        self.database = Database(system)
        self.leaders = Leaders()
        self._lock = threading.Lock()
        self._pause = threading.Event()

    def handle_message(self, message: Message, context: Any) -> Message:
        """The text instead of its bytes."""
        try:
            text = arrival(message.data, self.system.clock.time())
        except UnreadableText as error:
            self._count(UNREADABLE)
            return message.failed(str(error)).configure_ack(on_failure="reject")
        return message.put_data(text)

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        """Raises Unavailable when the pipeline stops before it is written: the messages go back to their places."""
        done = self._carry_out(messages)
        self._wake()
        return done

    def _carry_out(self, messages: list[Message]) -> list[Message]:
        try:
            owner = self._patiently([message.data for message in messages], at_once=self.at_once)
        except Unavailable:
            raise
        except Exception as error:
            if len(messages) == 1:
                return [self._spared(messages[0], error)]
            # Because of one of them; alone, each is answered for itself.
            return [done for message in messages for done in self._carry_out([message])]
        if self.at_once:
            texts: list[Arrival] = [message.data for message in messages]
            silence(self.system, [(owner[one.destination], one.source) for one in texts if one.destination in owner])
        return [self._settled(message, owner) for message in messages]

    def _spared(self, message: Message, error: Exception) -> Message:
        """What cannot be done with at once is left to the hub; what cannot even be written is a dead letter."""
        if self.at_once:
            logger.error("a text cannot be done with at once and is left to the hub: %s", error)
            try:
                return self._settled(message, self._patiently([message.data], at_once=False))
            except Unavailable:
                raise
            except Exception as second:
                error = second
        self._count(UNREADABLE)
        return message.crashed(error).configure_ack(on_failure="reject")

    def _patiently(self, arrivals: Sequence[Arrival], *, at_once: bool) -> dict[str, str]:
        while True:
            try:
                return self._write(arrivals, at_once=at_once)
            except Unavailable as error:
                status = self.system.whereis(self.path)
                if status is None or status.state is not State.RUNNING:
                    raise
                logger.warning("%d texts wait for the database: %s", len(arrivals), error)
                self._pause.wait(PAUSE_SECONDS)

    def _write(self, arrivals: Sequence[Arrival], *, at_once: bool) -> dict[str, str]:
        """One transaction; whose our numbers are."""
        now = datetime.fromtimestamp(self.system.clock.time(), UTC)
        with self.database.begin() as conn:
            owner = owners(conn, [one.destination for one in arrivals])
            ours = [one for one in arrivals if one.destination in owner]
            if at_once:
                hold(conn, set(owner.values()))
            written = store(conn, ours, owner, now)
            if at_once:
                answer_at_once(conn, written, self.leaders.read(conn, set(owner.values())), now)
        self._count(WRITTEN, len(written))
        self._count(COPIES, len(ours) - len(written))
        return owner

    def _settled(self, message: Message, owner: dict[str, str]) -> Message:
        if message.data.destination in owner:
            return message
        self._count(NOBODYS)
        reason = f"no leader has the number {message.data.destination}"
        return message.failed(reason).configure_ack(on_failure="reject")

    def _wake(self) -> None:
        """The hub of this process, if there is one; it looks by itself soon."""
        with suppress(NoProc, MailboxFull):
            self.system.address(HUB).cast(Wake())

    def _count(self, outcome: str, texts: int = 1) -> None:
        if texts:
            with self._lock:
                self.counts[outcome] += texts


def inbound_spec(settings: Settings) -> ChildSpec:
    """The pipeline of all buckets."""
    config: Sms = settings.section("sms")
    return _spec(settings, "inbound", buckets(config.inbound_buckets), BATCH, at_once=False)


def stops_spec(settings: Settings) -> ChildSpec:
    """The pipeline of what overtakes all others."""
    return _spec(settings, "stops", [STOP], STOPS_BATCH, at_once=True)


def _spec(settings: Settings, id: str, queues: Sequence[str], batch: int, *, at_once: bool) -> ChildSpec:
    lanes = {name: Lane(name.replace(".", "-")) for name in queues}
    # In its place again: a retry would put it behind those that came later.
    options = BrokerOptions(lanes=lanes, on_failure="requeue", deaths=None, ordered=True)
    path = f"/sms/{id}"
    pipeline = pipeline_spec(
        PIPELINE,
        handler=Inbound(f"{path}/{HELD}/{PIPELINE}", at_once=at_once),
        producer={"actor": BrokerProducer, "args": (BrokerSource(settings, options),)},
        # One after the other: that is the order.
        processors={"concurrency": 1, "max_demand": batch},
        batchers={"default": {"concurrency": 1, "batch_size": batch, "batch_timeout_seconds": 0.01}},
        needs=NEEDS,
        max_restarts=0,
        shutdown_seconds=10.0,
    )
    return tenant_spec(id, path, f"sms.{id}", pipeline)
