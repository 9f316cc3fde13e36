"""One message on its way through a pipeline: a value with functional updates. Any thread.

The status tells how it went so far: `OK`, `Failed` (somebody said so), `Crash` (it raised). Nothing here acknowledges;
the pipeline does that once for each message, through the acknowledger that the message carries.
"""

import itertools
import traceback
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from actors.pipeline.errors import NotConfigurable

if TYPE_CHECKING:
    from actors.pipeline.acknowledger import Acknowledger

DEFAULT: Final = "default"

#: `flush`: do not wait for a full batch after this message; `bulk`: wait.
BatchMode = Literal["bulk", "flush"]
Kind = Literal["error", "exit", "interrupt", "throw"]


@dataclass(frozen=True, slots=True)
class Ok:
    """Nothing went wrong so far."""

    def __str__(self) -> str:
        return "ok"


@dataclass(frozen=True, slots=True)
class Failed:
    """Somebody decided that this message failed. Not logged."""

    reason: Any

    def __str__(self) -> str:
        return f"failed: {self.reason}"


@dataclass(frozen=True, slots=True)
class Crash:
    """Code raised while it had this message. Holds text, not frames: a traceback would keep its locals alive."""

    kind: Kind
    error: BaseException
    stack: str = field(repr=False)

    @classmethod
    def of(cls, error: BaseException) -> "Crash":
        stack = "".join(traceback.format_exception(error))
        return cls(_kind(error), error.with_traceback(None), stack)

    def __str__(self) -> str:
        return f"{self.kind} {type(self.error).__name__}: {self.error}"


_serials = itertools.count(1)

Status = Ok | Failed | Crash
OK: Final = Ok()

#: Who is told about the end, of what session the message is (one call per session), and what only it needs to know.
Receipt = tuple["Acknowledger", Hashable, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One in, exactly one acknowledgement out.

    Attributes:
        data: what the handler works on.
        metadata: what else the producer tells. `timestamp` (seconds since the epoch), if there, dates its origin.
        acknowledger: see `Receipt`.
        batcher: the batcher it goes to after its handler.
        batch_key: batches are built per key inside a batcher; any hashable value.
    """

    data: Any
    acknowledger: Receipt
    metadata: Mapping[str, Any] = field(default_factory=dict)
    batcher: str = DEFAULT
    batch_key: Hashable = DEFAULT
    batch_mode: BatchMode = "bulk"
    status: Status = OK
    #: Stays the same through all updates, so that the pipeline knows which ones came back. Not set by anybody.
    serial: int = field(default_factory=_serials.__next__, repr=False, compare=False)

    def put_data(self, data: Any) -> "Message":
        return replace(self, data=data)

    def update_data(self, change: Callable[[Any], Any]) -> "Message":
        return replace(self, data=change(self.data))

    def put_batcher(self, batcher: str) -> "Message":
        return replace(self, batcher=batcher)

    def put_batch_key(self, key: Hashable) -> "Message":
        """Raises TypeError for a key that cannot be one, such as a list."""
        hash(key)
        return replace(self, batch_key=key)

    def put_batch_mode(self, mode: BatchMode) -> "Message":
        """Raises ValueError unless `mode` is one of the two."""
        if mode not in ("bulk", "flush"):
            raise ValueError(f"the batch mode is bulk or flush, not {mode!r}")
        return replace(self, batch_mode=mode)

    def failed(self, reason: Any) -> "Message":
        """It goes to `handle_failed`, is acknowledged as failed, and no further."""
        return replace(self, status=Failed(reason))

    def with_status(self, status: Status) -> "Message":
        return replace(self, status=status)

    def crashed(self, error: BaseException) -> "Message":
        return replace(self, status=Crash.of(error))

    def configure_ack(self, **options: Any) -> "Message":
        """Tell the acknowledger how to settle this one. Raises NotConfigurable, or what `configure` raises."""
        acknowledger, ref, data = self.acknowledger
        configure = getattr(acknowledger, "configure", None)
        if configure is None:
            raise NotConfigurable(f"{_name(acknowledger)} has no configure(ref, data, options): it takes no options")
        return replace(self, acknowledger=(acknowledger, ref, configure(ref, data, options)))

    @property
    def ok(self) -> bool:
        return type(self.status) is Ok


def _kind(error: BaseException) -> Kind:
    """`throw` is an exception that nobody treats as an error: a generator's end, an iteration's."""
    if isinstance(error, SystemExit):
        return "exit"
    if isinstance(error, StopIteration | StopAsyncIteration | GeneratorExit):
        return "throw"
    return "error" if isinstance(error, Exception) else "interrupt"


def _name(acknowledger: object) -> str:
    return getattr(acknowledger, "__name__", type(acknowledger).__name__)
