"""What happens in a pipeline, on the one hook `system.events`; emitted in the thread of the stage. Any thread listens.

`path` is the stage's, `pipeline` the path of the whole. The start and the stop of one span share a `span` number.
Events of single messages are emitted only with the option `message_events`; all others once per chunk or batch.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from actors.pipeline.batching import BatchInfo
from actors.pipeline.message import Crash, Message
from supervision.events import Event

_spans = itertools.count(1)


def next_span() -> int:
    return next(_spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineEvent(Event):
    notable: ClassVar[bool] = False

    pipeline: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineStarted(PipelineEvent):
    """`at` is the time of day; `options` are the checked ones."""

    options: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(PipelineEvent):
    span: int


# --- producers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Produced(PipelineEvent):
    """A list entered the pipeline; `buffered` wait in the producer's buffer now, `limited` for the rate limit."""

    count: int
    buffered: int
    limited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(PipelineEvent):
    """A full buffer gave back `count` messages: they were requeued, or failed."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimited(PipelineEvent):
    """`held` messages wait for the rate limit; it is asked again after `retry_seconds`."""

    held: int
    retry_seconds: float


# --- processors ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorStart(Span):
    index: int
    messages: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorStop(Span):
    """`oldest_seconds` is the age of the first message, if it tells its `timestamp`."""

    index: int
    duration_seconds: float
    to_ack: Sequence[Message] = field(repr=False)
    to_forward: Sequence[Message] = field(repr=False)
    failed: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)
    oldest_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStart(Span):
    message: Message = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStop(Span):
    """Also for messages that came back as failed."""

    message: Message = field(repr=False)
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageException(Span):
    message: Message = field(repr=False)
    duration_seconds: float
    crash: Crash


# --- batchers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherStart(Span):
    batcher: str
    messages: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatcherStop(Span):
    """`open` batches are being filled now."""

    batcher: str
    duration_seconds: float
    context: Any = field(repr=False)
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEmitted(PipelineEvent):
    """Whatever ended it. `fill` is its size by the configured one, None with a splitter; `waiting` are not begun."""

    info: BatchInfo
    fill: float | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStart(Span):
    index: int
    messages: Sequence[Message] = field(repr=False)
    info: BatchInfo
    context: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchStop(Span):
    index: int
    duration_seconds: float
    info: BatchInfo
    successful: Sequence[Message] = field(repr=False)
    failed: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)
    oldest_seconds: float | None = None


# --- both ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleFailedStart(Span):
    handler: Any
    messages: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleFailedStop(Span):
    handler: Any
    messages: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleFailedException(Span):
    handler: Any
    messages: Sequence[Message] = field(repr=False)
    context: Any = field(repr=False)
    duration_seconds: float
    crash: Crash


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(PipelineEvent):
    """The acknowledgers were told, in `duration_seconds`; `errors` of them raised."""

    successful: int
    failed: int
    duration_seconds: float
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unaccounted(PipelineEvent):
    """`callback` did not give back these messages; they are acknowledged as failed."""

    callback: str
    messages: Sequence[Message] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack(PipelineEvent):
    """A stage ended with these messages in hand or waiting; they were requeued, `errors` acknowledgers refused."""

    count: int
    reason: str
    errors: int
