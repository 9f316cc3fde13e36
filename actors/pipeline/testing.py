"""For tests of pipelines: producers that only do as they are told, and messages whose end the test hears of.

A test waits for the acknowledgement, never for time. Any thread, but for the producers' own methods.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from actors.pipeline.acknowledger import Acked, CallerAcknowledger
from actors.pipeline.message import BatchMode, Message, Receipt
from actors.pipeline.pipeline import Pipeline
from actors.pipeline.producer import Producer
from supervision.testing import Inbox

_refs = count(1)

#: Makes the acknowledger of a test message: (data, (caller's acknowledger, ref)) -> receipt.
Acknowledging = Callable[[Any, tuple[CallerAcknowledger, Hashable]], Receipt]


@dataclass(frozen=True, slots=True)
class Emit:
    """To a `ManualProducer`: produce this."""

    events: Sequence[Any]


class ManualProducer(Producer):
    """Produces what it is sent in `Emit`. Also the one to put in place of a real producer in a test."""

    def receive(self, message: Any) -> Any:
        if isinstance(message, Emit):
            return self.emit(message.events)
        return super().receive(message)


class Caller:
    """Sends test messages and hears how they end; `inbox` holds `Acked`, `Configured`, `Requeued`."""

    def __init__(self, inbox: Inbox | None = None) -> None:
        self.inbox = inbox or Inbox()
        self.acknowledger = CallerAcknowledger(self.inbox.put)

    def message(self, data: Any, ref: Hashable = None, **fields: Any) -> Message:
        return Message(data, (self.acknowledger, ref, None), **fields)

    def test_message(self, pipeline: Pipeline, data: Any, **options: Any) -> Hashable:
        """Push one message, by default in flush mode; see `test_batch`."""
        return self.test_batch(pipeline, [data], **{"batch_mode": "flush", **options})

    def test_batch(
        self,
        pipeline: Pipeline,
        batch: Sequence[Any],
        *,
        batch_mode: BatchMode = "bulk",
        metadata: dict[str, Any] | None = None,
        acknowledger: Acknowledging | None = None,
    ) -> Hashable:
        """Push a list of data; returns the ref under which their ends are heard."""
        ref = next(_refs)
        make = acknowledger or (lambda data, caller: (*caller, None))
        pipeline.push_messages(
            [
                Message(data, make(data, (self.acknowledger, ref)), metadata or {}, batch_mode=batch_mode)
                for data in batch
            ]
        )
        return ref

    def expect_ack(self, ref: Hashable = None) -> Acked:
        """The next acknowledgement; of the test batch `ref`, if given."""
        return self.inbox.expect(Acked, lambda acked: ref is None or acked.ref == ref)
