"""What an actor raises or hands out to say how it goes on: `Stop`, `Ignore`, and `Reply` for an answer given later."""

from typing import Any, Protocol

from supervision.reasons import NORMAL, Reason


class Stop(Exception):
    """Raised by an actor to end by its own will."""

    def __init__(self, reason: Reason = NORMAL) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Ignore(Exception):
    """Raised in `on_start`: there is nothing to run here, and that is not a failure."""


class Future(Protocol):
    """Where a caller waits: of Pykka's future, the half that is filled."""

    def set(self, value: Any = None) -> object: ...

    def set_exception(self, exc_info: Any = None) -> object: ...


class Reply:
    """An answer to be given later, once. Any thread."""

    __slots__ = ("_future",)

    def __init__(self, future: Future | None) -> None:
        self._future = future

    def set(self, value: Any = None) -> None:
        if self._future is not None:
            self._future.set(value)

    def fail(self, error: BaseException) -> None:
        if self._future is not None:
            self._future.set_exception((type(error), error, error.__traceback__))
