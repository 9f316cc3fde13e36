"""The end of a message: its acknowledger hears, once, whether it went well. Runs in the stage that finished it.

An acknowledger is any object with `ack(ref, successful, failed)`, called from many threads at once. It may also have
`configure(ref, data, options) -> data`, and `requeue(ref, messages)` for messages whose stage ended before they were
done; without that they are acknowledged as failed. `blame(ref, messages, stack)`, right before that, names those that
were in hand when a stage died. Its errors are logged and counted, and stop no other group.
"""

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from actors.pipeline.errors import PipelineError
from actors.pipeline.message import Message

logger = logging.getLogger(__name__)


class Acknowledger(Protocol):
    """What every acknowledger has; see the module for what it may have."""

    def ack(self, ref: Hashable, successful: Sequence[Message], failed: Sequence[Message], /) -> None:
        """Settle these messages of one session, in their order. At most one call per message."""


class NoAcknowledger:
    """Nobody wants to know. Also what a message carries once it was acknowledged early."""

    def ack(self, ref: Hashable, successful: Sequence[Message], failed: Sequence[Message], /) -> None:
        return None

    def requeue(self, ref: Hashable, messages: Sequence[Message], /) -> None:
        return None


NO_ACK: Final = NoAcknowledger()


@dataclass(frozen=True, slots=True)
class Acked:
    """What a `CallerAcknowledger` was told."""

    ref: Hashable
    successful: list[Message]
    failed: list[Message]


@dataclass(frozen=True, slots=True)
class Configured:
    ref: Hashable
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Requeued:
    ref: Hashable
    messages: list[Message]


class CallerAcknowledger:
    """Hands `Acked`, `Configured` and `Requeued` to a function, such as the `put` of a test's inbox."""

    def __init__(self, tell: Callable[[Any], object]) -> None:
        self._tell = tell

    def ack(self, ref: Hashable, successful: Sequence[Message], failed: Sequence[Message], /) -> None:
        self._tell(Acked(ref, list(successful), list(failed)))

    def configure(self, ref: Hashable, data: Any, options: dict[str, Any], /) -> Any:
        self._tell(Configured(ref, options))
        return data

    def requeue(self, ref: Hashable, messages: Sequence[Message], /) -> None:
        self._tell(Requeued(ref, list(messages)))


@dataclass(slots=True)
class Group:
    """What one acknowledger is told about one session."""

    acknowledger: Acknowledger
    ref: Hashable
    successful: list[Message]
    failed: list[Message]


def grouped(successful: Iterable[Message], failed: Iterable[Message] = ()) -> list[Group]:
    """Messages of one flush by (acknowledger, session), each list in the order of the messages."""
    groups: dict[tuple[int, Hashable], Group] = {}
    for messages, good in ((successful, True), (failed, False)):
        for message in messages:
            acknowledger, ref, _ = message.acknowledger
            key = (id(acknowledger), ref)
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(acknowledger, ref, [], [])
            (group.successful if good else group.failed).append(message)
    return list(groups.values())


def acknowledge(successful: Iterable[Message], failed: Iterable[Message]) -> list[Exception]:
    """Tell each acknowledger once; returns what they raised, which is logged already."""
    errors: list[Exception] = []
    for group in grouped(successful, failed):
        try:
            group.acknowledger.ack(group.ref, group.successful, group.failed)
        except Exception as error:
            count = len(group.successful) + len(group.failed)
            logger.exception("%r could not acknowledge %d message(s) of %r", group.acknowledger, count, group.ref)
            errors.append(error)
    return errors


def requeue(messages: Iterable[Message], reason: str) -> list[Exception]:
    """Give back messages that nobody finished. Where that is not possible they fail, with `reason`."""
    errors: list[Exception] = []
    for group in grouped(messages):
        held = group.successful
        try:
            give_back = getattr(group.acknowledger, "requeue", None)
            if give_back is None:
                group.acknowledger.ack(group.ref, [], [message.failed(reason) for message in held])
            else:
                give_back(group.ref, held)
        except Exception as error:
            logger.exception("%r could not take back %d message(s) of %r", group.acknowledger, len(held), group.ref)
            errors.append(error)
    return errors


def blame(messages: Iterable[Message], stack: str) -> None:
    """Their stage died with these in hand, before they are given back; for acknowledgers that keep a record of it."""
    for group in grouped(messages):
        accuse = getattr(group.acknowledger, "blame", None)
        if accuse is not None:
            try:
                accuse(group.ref, group.successful, stack)
            except Exception:
                count = len(group.successful)
                logger.exception("%r could not note that %d message(s) were at a death", group.acknowledger, count)


def ack_immediately(messages: Message | Sequence[Message]) -> list[Message]:
    """Acknowledge now, by status, and return the messages with nobody left to tell. For use inside a handler.

    Raises PipelineError for an empty list, and what the acknowledger raises.
    """
    given = [messages] if isinstance(messages, Message) else list(messages)
    if not given:
        raise PipelineError("ack_immediately needs at least one message")
    errors = acknowledge([m for m in given if m.ok], [m for m in given if not m.ok])
    if errors:
        raise errors[0]
    return [replace(message, acknowledger=(NO_ACK, None, None)) for message in given]
