"""A pipeline under test in a running tree, with a manual producer and a caller that hears how each message ends."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from actors.pipeline import BatchInfo, Handler, Message, Pipeline, pipeline_spec
from actors.pipeline.acknowledger import Acked
from actors.pipeline.testing import Caller, Emit, ManualProducer
from supervision.reasons import Reason
from supervision.testing import PATIENCE_SECONDS, Inbox, Running, running

PATH = "/pipe"
PRODUCER = f"{PATH}/producers/producer-1"
PROCESSOR = f"{PATH}/processors/processor-1"
BATCHER = f"{PATH}/batchers/default/batcher"
BATCH_PROCESSOR = f"{PATH}/batchers/default/batch-processors/batch-processor-1"

#: One processor that works its messages one by one, and one batcher for them.
ONE = {"concurrency": 1, "min_demand": 1, "max_demand": 2}


@dataclass(frozen=True)
class Handled:
    data: Any
    context: Any
    thread: str


@dataclass(frozen=True)
class HandledBatch:
    messages: list[Message]
    info: BatchInfo
    thread: str

    @property
    def data(self) -> list[Any]:
        return [message.data for message in self.messages]


@dataclass(frozen=True)
class HandledFailed:
    messages: list[Message]


class Recorder(Handler):
    """Tells what it was called with, and does what functions of the test's say."""

    def __init__(
        self,
        on_message: Callable[[Message], Any] = lambda message: message,
        on_batch: Callable[[list[Message]], Any] = lambda messages: messages,
    ) -> None:
        self.seen = Inbox()
        self.on_message = on_message
        self.on_batch = on_batch

    def handle_message(self, message: Message, context: Any) -> Any:
        self.seen.put(Handled(message.data, context, threading.current_thread().name))
        return self.on_message(message)

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Any:
        assert batcher == info.batcher
        self.seen.put(HandledBatch(messages, info, threading.current_thread().name))
        return self.on_batch(messages)


class Preparing(Recorder):
    """Which also prepares its chunks."""

    def __init__(self, prepare: Callable[[list[Message]], Any], **more: Any) -> None:
        super().__init__(**more)
        self.prepare = prepare

    def prepare_messages(self, messages: list[Message], context: Any) -> Any:
        return self.prepare(messages)


class Mourning(Recorder):
    """Which also hears of failures."""

    def __init__(self, mourn: Callable[[list[Message]], Any], **more: Any) -> None:
        super().__init__(**more)
        self.mourn = mourn

    def handle_failed(self, messages: list[Message], context: Any) -> Any:
        self.seen.put(HandledFailed(messages))
        return self.mourn(messages)


@dataclass
class World:
    """What a test talks to."""

    tree: Running
    pipeline: Pipeline
    handler: Recorder
    caller: Caller = field(default_factory=Caller)

    def push(self, data: Sequence[Any], **fields: Any) -> None:
        """Past the producer's transformer and limit."""
        self.pipeline.push_messages(self.messages(data, **fields))

    def emit(self, data: Sequence[Any], **fields: Any) -> None:
        """Through the producer, as if it had fetched them."""
        self.tree.system.address(PRODUCER).call(Emit(self.messages(data, **fields)))

    def messages(self, data: Sequence[Any], **fields: Any) -> list[Message]:
        return [self.caller.message(one, **fields) for one in data]

    def test(self, data: Sequence[Any], **options: Any) -> Any:
        return self.caller.test_batch(self.pipeline, data, **options)

    def ack(self, ref: Any = None) -> Acked:
        return self.caller.expect_ack(ref)

    def acks(self, count: int) -> tuple[list[Any], list[Any]]:
        """The data of the next `count` messages to end: (successful, failed)."""
        good: list[Any] = []
        bad: list[Any] = []
        while len(good) + len(bad) < count:
            acked = self.ack()
            good += [message.data for message in acked.successful]
            bad += [message.data for message in acked.failed]
        return good, bad

    def batch(self) -> HandledBatch:
        return self.handler.seen.expect(HandledBatch)

    def incarnation(self, path: str) -> int:
        status = self.tree.system.whereis(path)
        assert status is not None
        return status.incarnation

    def incarnations(self) -> dict[str, int]:
        paths = [*self.pipeline.topology().stages, f"{PATH}/processors", f"{PATH}/producers"]
        return {path: self.incarnation(path) for path in paths}

    def kill(self, path: str, reason: Reason) -> None:
        actor = self.tree.system.registry.running(path)
        assert actor is not None
        actor.request_stop(reason)

    def again(self, path: str, before: int) -> int:
        """Block until another incarnation than `before` runs at `path`."""
        self.until(lambda: self.tree.system.registry.running(path) is not None and self.incarnation(path) != before)
        return self.incarnation(path)

    def until(self, condition: Callable[[], bool]) -> None:
        """Block until it holds; for what another thread does without telling."""
        pause = threading.Event()
        for _ in range(int(PATIENCE_SECONDS / 0.005)):
            if condition():
                return
            pause.wait(0.005)
        raise AssertionError("it did not come true in time")


@contextmanager
def world(
    handler: Recorder | None = None,
    *,
    clock: Any = None,
    caller: Caller | None = None,
    producer: dict[str, Any] | None = None,
    batch: dict[str, Any] | None = None,
    **options: Any,
) -> Iterator[World]:
    """A pipeline of one producer, one processor, and with `batch` one batcher, as long as the `with` lasts."""
    handler = handler or Recorder()
    given: dict[str, Any] = {"processors": {"concurrency": 1}, "shutdown_seconds": 5.0, **options}
    if batch is not None:
        given["batchers"] = {"default": batch}
    given["producer"] = {"actor": ManualProducer, **(producer or {})}
    with running(pipeline_spec("pipe", handler=handler, **given), clock=clock) as tree:
        yield World(tree, Pipeline(tree.system, PATH), handler, caller or Caller())


def values(messages: Sequence[Message]) -> list[Any]:
    return [message.data for message in messages]
