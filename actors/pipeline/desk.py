"""Where a stage meets the user's code and the acknowledgers: whatever these do, every message is accounted for.

An `Exception` of a callback becomes the status of the messages it had; anything else (an exit, an interrupt) ends the
stage, which gives back what it holds. Runs in the stage's thread.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.pipeline import acknowledger
from actors.pipeline.errors import BadReturn
from actors.pipeline.events import (
    HandleFailedException,
    HandleFailedStart,
    HandleFailedStop,
    Settled,
    Unaccounted,
    next_span,
)
from actors.pipeline.handler import Handler, overrides
from actors.pipeline.message import Crash, Message
from actors.pipeline.tally import Tally
from supervision.clock import Clock
from supervision.events import Event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a chunk or batch went, each list in its order."""

    successful: list[Message]
    failed: list[Message]


class Desk:
    """`check_fence` is called right before messages are settled: a stage that was given up settles nothing."""

    def __init__(
        self,
        *,
        path: str,
        pipeline: str,
        handler: Handler,
        context: Any,
        tally: Tally,
        clock: Clock,
        emit: Callable[[Event], None],
        check_fence: Callable[[], None],
        batchers: frozenset[str] = frozenset(),
        message_events: bool = False,
    ) -> None:
        self.path = path
        self.pipeline = pipeline
        self.handler = handler
        self.context = context
        self.tally = tally
        self.clock = clock
        self.emit = emit
        self.check_fence = check_fence
        self.batchers = batchers
        self.message_events = message_events
        self.prepares = overrides(handler, "prepare_messages")
        self.hears_failed = overrides(handler, "handle_failed")

    def settle(self, successful: list[Message], failed: list[Message]) -> None:
        """Tell the acknowledgers. Raises Fenced."""
        if not successful and not failed:
            return
        self.check_fence()
        began = self.clock.monotonic()
        errors = acknowledger.acknowledge(successful, failed)
        self.tally.ack_errors += len(errors)
        self.emit(
            Settled(
                path=self.path,
                pipeline=self.pipeline,
                successful=len(successful),
                failed=len(failed),
                duration_seconds=self.clock.monotonic() - began,
                errors=len(errors),
            )
        )

    def failing(self, failed: list[Message]) -> list[Message]:
        """Show failed messages to `handle_failed`, once for all; whatever it does, all of them stay failed."""
        if not failed or not self.hears_failed:
            return failed
        about: dict[str, Any] = {
            "path": self.path, "pipeline": self.pipeline, "span": next_span(),
            "handler": self.handler, "messages": failed, "context": self.context,
        }  # fmt: skip
        began = self.clock.monotonic()
        self.emit(HandleFailedStart(**about))
        try:
            returned = checked(self.handler.handle_failed(list(failed), self.context), failed, "handle_failed")
        except Exception as error:
            crash = Crash.of(error)
            logger.exception("%s: handle_failed raised; its %d message(s) stay as they were", self.path, len(failed))
            self.emit(HandleFailedException(**about, duration_seconds=self.clock.monotonic() - began, crash=crash))
            return failed
        self.emit(HandleFailedStop(**about, duration_seconds=self.clock.monotonic() - began))
        before = {message.serial: message.status for message in failed}
        kept = [message.with_status(before[message.serial]) if message.ok else message for message in returned]
        return [*kept, *self.missing(returned, failed, "handle_failed")]

    def missing(self, returned: Sequence[Message], given: Sequence[Message], callback: str) -> list[Message]:
        """Those that a callback swallowed, as failed; logged and counted."""
        if len(returned) == len(given):
            return []
        known = {message.serial for message in returned}
        lost = [message for message in given if message.serial not in known]
        logger.error(
            "%s: %s received %d messages and returned only %d; the others fail",
            self.path, callback, len(given), len(returned),
        )  # fmt: skip
        self.tally.unaccounted += len(lost)
        self.emit(Unaccounted(path=self.path, pipeline=self.pipeline, callback=callback, messages=lost))
        return [message.failed(f"{callback} did not return it") if message.ok else message for message in lost]

    def log_crash(self, callback: str, count: int) -> None:
        logger.exception("%s: %s raised; %d message(s) fail", self.path, callback, count)


def checked(returned: Any, given: Sequence[Message], callback: str) -> Sequence[Message]:
    """What a callback returned, if it is a list of some of the given messages. Raises BadReturn."""
    if not isinstance(returned, list | tuple):
        raise BadReturn(f"{callback} must return a list of messages, not {type(returned).__name__}")
    for one in returned:
        if not isinstance(one, Message):
            raise BadReturn(f"{callback} must return messages; in its list is a {type(one).__name__}")
    serials = {message.serial for message in returned}
    if len(serials) != len(returned) or not serials <= {message.serial for message in given}:
        raise BadReturn(f"{callback} must return each message it was given once, and no other")
    return returned
