"""Logging: everything goes to standard error through structlog, for people or as one JSON object per line.

The standard library's loggers (Pykka's, the web server's) end up here too, and the tree's events. Called in whatever
thread logs. Credentials in URLs are blanked; whatever else is secret must not be logged in the first place.
"""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from supervision import events
from supervision.instruments import MessageTraced
from supervision.reasons import Crashed, Reason
from supervision.viewing import URL_CREDENTIALS

logger = structlog.stdlib.get_logger("supervision")

#: A start that failed and is tried again so soon is no news yet: at boot, things wait for each other.
QUIET_RETRY_SECONDS = 0.5
#: Characters of one value that are logged: an error may carry the whole mail it is about.
LONGEST_VALUE = 10_000


def configure(level: str, format: str, stream: TextIO | None = None) -> None:
    """Replace all handlers of the process. `format` is `console` or `json`."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_credentials,
        shortened,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(format, stream)],
        )
    )
    logging.raiseExceptions = False  # a closed standard error must not become an actor's failure
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def without_credentials(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """structlog processor: `smtp://ada:secret@mx` becomes `smtp://***@mx`, wherever it stands."""
    for key, value in event.items():
        if isinstance(value, str) and "@" in value:
            event[key] = URL_CREDENTIALS.sub("***@", value)
    return event


def shortened(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """structlog processor: of a value as long as a book both ends are kept, for a stack tells the error last."""
    for key, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            left_out = len(value) - LONGEST_VALUE
            half = LONGEST_VALUE // 2
            event[key] = f"{value[:half]} ... {left_out} more characters ... {value[-half:]}"
    return event


def _renderer(format: str, stream: TextIO) -> Processor:
    if format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)


@dataclass(frozen=True, slots=True)
class Line:
    """How an event of the tree is told."""

    level: int
    text: str
    values: dict[str, Any]


def log_event(event: events.Event) -> None:
    """Subscriber of the event hub."""
    if not event.notable:
        return
    line = describe(event)
    logger.log(line.level, line.text, path=event.path, **line.values)


def describe(event: events.Event) -> Line:
    """What to say of an event, and how loudly: quiet on the expected, loud on what somebody may have to look at."""
    teller = _TELLERS.get(type(event))
    return teller(event) if teller else Line(logging.DEBUG, type(event).__name__, {})


def _started(event: events.ChildStarted) -> Line:
    level = logging.INFO if event.restarts else logging.DEBUG
    return Line(level, "started", {"incarnation": event.incarnation, "restarts": event.restarts})


def _exited(event: events.ChildExited) -> Line:
    values: dict[str, Any] = {"incarnation": event.incarnation, **_why(event.reason)}
    values |= {"restart_in_seconds": event.restart_in, "budget_left": event.budget_left}
    if not event.started:
        soon = event.restart_in is not None and event.restart_in < QUIET_RETRY_SECONDS
        return Line(logging.DEBUG if soon else logging.WARNING, "did not start", values)
    if isinstance(event.reason, Crashed) and not event.reason.injected:
        return Line(logging.ERROR, "ended", {**values, "stack": event.reason.stack})
    as_it_should = event.reason.expected and event.restart_in is None
    return Line(logging.INFO if as_it_should else logging.WARNING, "ended", values)


def _stopped(event: events.ChildStopped) -> Line:
    level = logging.DEBUG if event.orderly else logging.WARNING
    return Line(level, "stopped", {"incarnation": event.incarnation, **_why(event.reason)})


def _why(reason: Reason) -> dict[str, str]:
    """The category tells what was done on purpose (`injected`) from what happened."""
    return {"reason": str(reason), "category": reason.category}


def _abandoned(event: events.ChildAbandoned) -> Line:
    values = {"incarnation": event.incarnation, "waited_seconds": round(event.waited_seconds, 3), "stack": event.stack}
    return Line(logging.ERROR, "did not stop, left behind", values)


def _parked(event: events.ChildParked) -> Line:
    return Line(logging.ERROR, "failed too often and stays down", {"reason": str(event.reason)})


def _limit(event: events.LimitReached) -> Line:
    values = {"child": event.child, "intensity": event.intensity, "period_seconds": event.period_seconds}
    return Line(logging.ERROR, "gives up: restart limit reached", values)


def _node_lost(event: events.NodeLost) -> Line:
    values = {"incarnation": event.incarnation, "pid": event.pid, **_why(event.reason)}
    return Line(logging.WARNING if event.reason.category == "injected" else logging.ERROR, "node lost", values)


def _dead_letter(event: events.DeadLetter) -> Line:
    return Line(logging.WARNING, "message had no taker", {"message": event.message, "reason": event.reason})


def _fault(event: events.FaultInjected) -> Line:
    values = {"incarnation": event.incarnation, "fault": event.fault, "kind": event.kind}
    return Line(logging.WARNING, "fault leashed" if event.leashed else "fault injected", values)


def _traced(event: MessageTraced) -> Line:
    values = {"incarnation": event.incarnation, "type": event.kind, "message": event.message}
    return Line(logging.INFO, f"message {event.direction}", values)


_TELLERS: dict[type[events.Event], Callable[[Any], Line]] = {
    events.ChildStarted: _started,
    events.ChildExited: _exited,
    events.ChildStopped: _stopped,
    events.ChildAbandoned: _abandoned,
    events.ChildParked: _parked,
    events.LimitReached: _limit,
    events.NodeLost: _node_lost,
    events.DeadLetter: _dead_letter,
    events.FaultInjected: _fault,
    MessageTraced: _traced,
}
