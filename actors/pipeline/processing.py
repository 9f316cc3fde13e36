"""What is done with a chunk of messages and with a batch, in exactly this order. The stage's thread.

A chunk: `prepare_messages` for all, `handle_message` for each, `handle_failed` for the failures. If preparing raises,
or returns another number, all fail and none is handled. A batch: `handle_batch`, then `handle_failed`. Settling and
sending on is the stage's own.
"""

from typing import Any

from actors.pipeline.batching import Batch
from actors.pipeline.desk import Desk, Outcome, checked
from actors.pipeline.errors import BadReturn, UnknownBatcher
from actors.pipeline.events import MessageException, MessageStart, MessageStop, next_span
from actors.pipeline.message import Crash, Message


def process(chunk: list[Message], desk: Desk) -> Outcome:
    """Run a chunk past the handler."""
    if desk.prepares:
        try:
            chunk = _prepared(chunk, desk)
        except Exception as error:
            desk.log_crash("prepare_messages", len(chunk))
            crash = Crash.of(error)
            return Outcome([], desk.failing([message.with_status(crash) for message in chunk]))
    handle = _observed if desk.message_events else _handle
    return _split([handle(message, desk) for message in chunk], desk)


def work_batch(batch: Batch, desk: Desk) -> Outcome:
    """Run a batch past the handler."""
    try:
        returned = checked(
            desk.handler.handle_batch(batch.info.batcher, list(batch.messages), batch.info, desk.context),
            batch.messages,
            "handle_batch",
        )
    except Exception as error:
        desk.log_crash("handle_batch", len(batch.messages))
        crash = Crash.of(error)
        return Outcome([], desk.failing([message.with_status(crash) for message in batch.messages]))
    return _split([*returned, *desk.missing(returned, batch.messages, "handle_batch")], desk)


def _split(messages: list[Message], desk: Desk) -> Outcome:
    failed = [message for message in messages if not message.ok]
    if not failed:
        return Outcome(messages, [])
    return Outcome([message for message in messages if message.ok], desk.failing(failed))


def _prepared(chunk: list[Message], desk: Desk) -> list[Message]:
    returned = checked(desk.handler.prepare_messages(list(chunk), desk.context), chunk, "prepare_messages")
    if len(returned) != len(chunk):
        raise BadReturn(f"prepare_messages received {len(chunk)} messages and returned {len(returned)}")
    return list(returned)


def _handle(message: Message, desk: Desk) -> Message:
    """The handler's answer; the message with its crash, if there is none that counts."""
    try:
        return _answer(desk.handler.handle_message(message, desk.context), message, desk)
    except Exception as error:
        desk.log_crash("handle_message", 1)
        return message.crashed(error)


def _answer(answer: Any, message: Message, desk: Desk) -> Message:
    if not isinstance(answer, Message) or answer.serial != message.serial:
        what = "another message" if isinstance(answer, Message) else type(answer).__name__
        raise BadReturn(f"handle_message must return the message that it was given, not {what}")
    if desk.batchers and answer.batcher not in desk.batchers and answer.ok:
        known = ", ".join(sorted(desk.batchers))
        raise UnknownBatcher(f"there is no batcher {answer.batcher!r}; there are {known}")
    return answer


def _observed(message: Message, desk: Desk) -> Message:
    """The same, with the events of one message around it."""
    about: dict[str, Any] = {"path": desk.path, "pipeline": desk.pipeline, "span": next_span()}
    began = desk.clock.monotonic()
    desk.emit(MessageStart(**about, message=message))
    handled = _handle(message, desk)
    seconds = desk.clock.monotonic() - began
    if isinstance(handled.status, Crash):
        desk.emit(MessageException(**about, message=handled, duration_seconds=seconds, crash=handled.status))
    else:
        desk.emit(MessageStop(**about, message=handled, duration_seconds=seconds))
    return handled
