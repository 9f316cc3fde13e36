from typing import Any

import pytest
from rich.console import Console

from supervision.top.frame import COLUMNS, Frame, View, Window
from supervision.top.text import show
from tests.supervision.test_render import TREE, row


def tree(at: float, *rows: dict[str, Any], pid: int = 7) -> dict[str, Any]:
    return {**TREE, "at": at, "pid": pid, "rows": [row("/", "supervisor", handled=0), *rows]}


def line(frame: Frame, path: str) -> Any:
    return next(line for line in frame.lines if line.path == path)


def worker(path: str, restarts: int = 0, user: int = 0, handled: int = 0, **changes: Any) -> dict[str, Any]:
    return row(path, restarts=restarts, mailbox={"system": 0, "user": user}, handled=handled, **changes)


def test_rates_are_differences_over_the_window() -> None:
    window = Window(5.0)
    first = window.look(tree(1000.0, worker("/a", restarts=3, user=10, handled=100)))
    assert (line(first, "/a").restarts_per_minute, line(first, "/a").growth, line(first, "/a").rate) == (None,) * 3
    then = line(window.look(tree(1005.0, worker("/a", restarts=4, user=4, handled=150))), "/a")
    assert (then.restarts_per_minute, then.growth, then.rate) == (12.0, -6, 10.0)


def test_what_is_older_than_the_window_no_longer_counts() -> None:
    window = Window(2.0)
    for second in range(10):
        frame = window.look(tree(1000.0 + second, worker("/a", restarts=min(second, 5))))
    assert line(frame, "/a").restarts_per_minute == 0.0


def test_a_new_incarnation_counts_its_messages_from_its_start() -> None:
    window = Window(10.0)
    window.look(tree(1000.0, worker("/a", handled=1000)))
    assert line(window.look(tree(1002.0, worker("/a", handled=10, incarnation=2))), "/a").rate == 5.0


def test_another_root_process_begins_a_new_window() -> None:
    window = Window(5.0)
    window.look(tree(1000.0, worker("/a", restarts=30)))
    assert line(window.look(tree(1001.0, worker("/a"), pid=8)), "/a").restarts_per_minute is None


def test_the_header_tells_restarts_per_minute_and_how_many_are_down() -> None:
    window = Window(5.0)
    window.look(tree(1000.0, worker("/a"), worker("/b", state="backoff")))
    header = window.look(tree(1010.0, worker("/a", restarts=2), worker("/b", state="backoff"))).header
    assert header.startswith("/srv/var (pid 7): ")
    assert header.endswith(", 12 restarts/min, 1 not running")


def frame() -> Frame:
    window = Window(5.0)
    window.look(tree(1000.0, worker("/a"), worker("/b"), worker("/c")))
    rows = (
        worker("/a", user=5),
        worker("/b", user=50, state="backoff", next_retry_at=1009.0, last_reason="OSError: [down]\nstack"),
        worker("/c", user=20, suspended=True),
        worker("/d"),
    )
    return window.look(tree(1005.0, *rows))


@pytest.mark.parametrize(
    ("view", "paths"),
    [
        (View(), ["/", "/a", "/b", "/c", "/d"]),
        (View(filter="OSERROR"), ["/b"]),
        (View(filter="suspended"), ["/c"]),
        (View(filter="/a"), ["/a"]),
        (View(column=6, reverse=True), ["/b", "/c", "/a", "/", "/d"]),
        (View(column=9), ["/b", "/", "/a", "/c", "/d"]),
        (View(column=7, reverse=True), ["/b", "/c", "/a", "/", "/d"]),
    ],
)
def test_lines_are_filtered_and_sorted_with_the_unknown_last(view: View, paths: list[str]) -> None:
    assert [line.path for line in view.of(frame())] == paths


def printed(view: View) -> list[str]:
    console = Console(width=160, highlight=False)
    with console.capture() as capture:
        show(frame(), view, console)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_frame_prints_as_text() -> None:
    text = printed(View())
    assert text[1].split() == [word for title, _, _ in COLUMNS for word in title.split()]
    assert " ".join(text[4].split()) == "├─ b backoff 1m45s 1 0 0 50 +50 0 4.0s OSError: [down]"
    assert text[5].split()[1:3] == ["c", "suspended"]
    assert printed(View("backoff"))[2].startswith("/b  ")
