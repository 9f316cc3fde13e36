import pytest

from apps.console.lines import Figure, figures, line, span
from supervision.tree import Budget, Row, State

NOW = 1_000_000.0


def row(path: str, state: State = State.RUNNING, **fields: object) -> Row:
    return Row(path, path.rpartition("/")[2] or "/", "worker", state, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m 00s"), (247, "4m 07s"),
        (3600, "1h 00m"), (86_399, "23h 59m"), (90_000, "1d 1h"),
    ],
)  # fmt: skip
def test_spans(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


def test_a_running_child() -> None:
    shown = line(row("/email/mta", incarnation=7, restarts=2, started_at=NOW - 61), 0.0, NOW)
    assert (shown["path"], shown["depth"], shown["state"], shown["tone"]) == ("/email/mta", 2, "running", "good")
    assert (shown["uptime"], shown["incarnation"], shown["restarts"]) == ("1m 01s", 7, 2)
    assert (shown["reason"], shown["retry"], shown["budget"], shown["mailbox"]) == ("", "", "", "0")


def test_a_child_that_waits_tells_why_and_how_long() -> None:
    why = "OSError: refused\nmore"
    waiting = row("/db", State.BACKOFF, last_reason=why, last_exit_at=NOW - 3, next_retry_at=NOW + 7)
    shown = line(waiting, 0.0, NOW)
    assert (shown["tone"], shown["uptime"]) == ("warn", "-")
    assert (shown["reason"], shown["ago"], shown["retry"]) == ("OSError: refused", "3s ago", "in 7s")


def test_a_supervisor_tells_what_is_left_of_its_budget() -> None:
    budget = Budget("one_for_one", 3, 5.0, times=(90.0, 99.0))
    assert line(row("/s", budget=budget), 100.0, NOW)["budget"] == "2 of 3 in 5s"


def test_every_state_has_a_tone() -> None:
    assert {line(row("/x", state), 0.0, NOW)["tone"] for state in State} == {"good", "busy", "warn", "bad", "idle"}


def test_figures() -> None:
    rows = [row("/", started_at=NOW - 5), row("/a", restarts=2), row("/b", State.BACKOFF), row("/c", State.FAILED)]
    assert figures(rows, zombies=1, faults=0, now=NOW) == [
        Figure("up", "5s"),
        Figure("running", "2 of 4"),
        Figure("in backoff", "1", alert=True),
        Figure("failed", "2", alert=True),
        Figure("restarts", "2"),
        Figure("in mailboxes", "0"),
        Figure("faults in force", "0"),
    ]
