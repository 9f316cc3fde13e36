import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from supervision import events
from supervision.log import configure, describe, log_event
from supervision.reasons import SHUTDOWN, Crashed, Killed


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers, raising = root.level, root.handlers[:], logging.raiseExceptions
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    logging.raiseExceptions = raising
    structlog.reset_defaults()


def crash(injected: bool = False) -> Crashed:
    try:
        raise ValueError("bang")
    except ValueError as error:
        return Crashed.of(error, injected)


def exited(reason: Crashed, started: bool = True, restart_in: float | None = 0.5) -> events.ChildExited:
    return events.ChildExited(
        path="/a", incarnation=3, reason=reason, restart_in=restart_in, budget_left=2, started=started
    )


@pytest.mark.parametrize(
    ("event", "level", "text"),
    [
        (events.ChildStarted(path="/a", incarnation=1), logging.DEBUG, "started"),
        (events.ChildStarted(path="/a", incarnation=2, restarts=1), logging.INFO, "started"),
        (exited(crash()), logging.ERROR, "ended"),
        (exited(crash(injected=True)), logging.WARNING, "ended"),
        (exited(crash(), started=False, restart_in=0.1), logging.DEBUG, "did not start"),
        (exited(crash(), started=False, restart_in=2.0), logging.WARNING, "did not start"),
        (exited(crash(), started=False, restart_in=None), logging.WARNING, "did not start"),
        (events.ChildStopped(path="/a", incarnation=1, reason=SHUTDOWN, orderly=True), logging.DEBUG, "stopped"),
        (events.ChildStopped(path="/a", incarnation=1, reason=Killed(), orderly=False), logging.WARNING, "stopped"),
        (
            events.ChildAbandoned(path="/a", incarnation=1, waited_seconds=5, stack="here"),
            logging.ERROR,
            "did not stop, left behind",
        ),
        (events.ChildParked(path="/a", reason=crash()), logging.ERROR, "failed too often and stays down"),
        (
            events.LimitReached(path="/", child="/a", intensity=3, period_seconds=5),
            logging.ERROR,
            "gives up: restart limit reached",
        ),
        (events.DeadLetter(path="/a", message="Job", reason="nobody"), logging.WARNING, "message had no taker"),
        (events.FaultInjected(path="/a", incarnation=1, fault=1, kind="crash"), logging.WARNING, "fault injected"),
        (events.Event(path="/a"), logging.DEBUG, "Event"),
    ],
)
def test_events_are_as_loud_as_they_matter(event: events.Event, level: int, text: str) -> None:
    line = describe(event)
    assert (line.level, line.text) == (level, text)


def test_what_happens_all_the_time_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Routine(events.Event):
        notable = False

    caplog.set_level(logging.DEBUG)
    log_event(Routine(path="/a"))
    assert caplog.records == []


def test_a_crash_is_told_with_its_stack_and_what_comes_next() -> None:
    values = describe(exited(crash())).values
    assert (values["reason"], values["restart_in_seconds"], values["budget_left"]) == ("ValueError: bang", 0.5, 2)
    assert 'raise ValueError("bang")' in values["stack"]
    assert "stack" not in describe(exited(crash(injected=True))).values


def test_json_holds_one_object_per_line_from_every_logger() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    log_event(exited(crash()))
    logging.getLogger("uvicorn").warning("port %d", 8080)
    logging.getLogger("quiet").debug("not shown")
    first, second = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert (first["path"], first["event"], first["level"]) == ("/a", "ended", "error")
    assert (second["event"], second["logger"], second["level"]) == ("port 8080", "uvicorn", "warning")
    assert second["timestamp"].endswith("Z")


@pytest.mark.parametrize("format", ["json", "console"])
def test_credentials_in_urls_are_blanked(format: str) -> None:
    stream = io.StringIO()
    configure("info", format, stream)
    logging.getLogger("x").info("cannot reach %s", "smtp://ada:s3cret@mx.example.org:587/x")
    try:
        raise OSError("postgresql+psycopg://s3cret@db/rookery refused; ask ada@example.org")
    except OSError:
        logging.getLogger("x").exception("down")
    text = stream.getvalue()
    assert "s3cret" not in text
    assert "smtp://***@mx.example.org:587/x" in text
    assert "ada@example.org" in text


def test_a_closed_stream_does_not_fail_the_one_who_logs() -> None:
    stream = io.StringIO()
    configure("info", "console", stream)
    stream.close()
    logging.getLogger("x").error("nobody hears this")
