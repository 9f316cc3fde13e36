from typing import Any

import pytest
from rich.console import Console

from supervision.render import dot, duration, header, table


def row(path: str, type: str = "worker", **changes: Any) -> dict[str, Any]:
    parent = None if path == "/" else path.rpartition("/")[0] or "/"
    budget = {"strategy": "one_for_one", "intensity": 3, "period_seconds": 5.0} if type == "supervisor" else None
    return {
        "path": path,
        "id": path.rpartition("/")[2] or "root",
        "type": type,
        "parent": parent,
        "state": "running",
        "started_at": 900.0,
        "incarnation": 1,
        "restarts": 0,
        "budget": budget,
        "budget_left": 3 if budget else None,
        "mailbox": {"system": 0, "user": 0},
        "next_retry_at": None,
        "last_reason": None,
        **changes,
    }


TREE: dict[str, Any] = {
    "home": "/srv/var",
    "pid": 7,
    "at": 1000.0,
    "processes": 3,
    "supervisors": 1,
    "restarts": 2,
    "depth": 2,
    "threads": 9,
    "zombies": [],
    "rows": [
        row("/", "supervisor"),
        row("/a", "supervisor", restarts=1, budget_left=2),
        row("/a/x", mailbox={"system": 1, "user": 20}),
        row("/a/y", state="backoff", started_at=None, next_retry_at=1004.0, last_reason="OSError: [down]\nmore"),
        row("/b"),
    ],
}


def lines(tree: dict[str, Any]) -> list[str]:
    console = Console(width=200, highlight=False)
    with console.capture() as capture:
        console.print(table(tree))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_the_header_counts_what_there_is() -> None:
    assert header(TREE) == "/srv/var (pid 7): 3 processes, 1 supervisor, 2 restarts, depth 2, 9 threads"
    assert header({**TREE, "zombies": [{}]}).endswith(", 1 zombie thread")


def test_each_child_has_one_line_in_the_shape_of_the_tree() -> None:
    assert [line.split()[:3] for line in lines(TREE)[1:]] == [
        ["/", "running", "1m40s"],
        ["├─", "a/", "running"],
        ["│", "├─", "x"],
        ["│", "└─", "y"],
        ["└─", "b", "running"],
    ]


def test_a_waiting_child_tells_when_it_is_tried_next_and_why_it_waits() -> None:
    waiting = next(line for line in lines(TREE) if " y " in line)
    assert "in 4.0s" in waiting
    assert waiting.endswith("OSError: [down]")


def test_a_supervisor_shows_its_budget_and_a_mailbox_both_lanes() -> None:
    text = lines(TREE)
    assert "1 (2/3 left)" in text[2]
    assert "1+20" in text[3]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0, "0.0s"), (-1, "0.0s"), (59.94, "59.9s"), (60, "1m00s"), (3599, "59m59s"), (3600, "1h00m"),
     (86399, "23h59m"), (86400, "1d00h"), (12 * 86400 + 3 * 3600, "12d03h")],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


def test_dot_quotes_what_it_names() -> None:
    text = dot({**TREE, "rows": [row('/a"b')]})
    assert '"/a\\"b" [label=' in text
    assert text.count("{") == text.count("}") == 1
