"""The tree for people: as text and as Graphviz dot, from what the verb `tree` answers. Functions of values."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

Row = Mapping[str, Any]

COLOURS = {
    "starting": "cyan",
    "running": "green",
    "suspended": "magenta",
    "backoff": "yellow",
    "stopping": "cyan",
    "stopped": "dim",
    "failed": "bold red",
    "abandoned": "bold red",
}
DOT_COLOURS = {"running": "palegreen", "backoff": "gold", "failed": "tomato", "abandoned": "tomato"}


def header(tree: Mapping[str, Any]) -> str:
    """One line: how much there is and how well it is."""
    counts = [
        _count(tree["processes"], "process", "processes"),
        _count(tree["supervisors"], "supervisor"),
        _count(tree["restarts"], "restart"),
        f"depth {tree['depth']}",
        _count(tree["threads"], "thread"),
    ]
    if tree["zombies"]:
        counts.append(_count(len(tree["zombies"]), "zombie thread"))
    return f"{tree['home']} (pid {tree['pid']}): {', '.join(counts)}"


def root_line(root: Mapping[str, Any], at: float) -> str:
    """One root among others: who it is, and whether it is there."""
    who = f"root {root['id']} on {root['machine']}, version {root['version']}"
    if root["state"] == "there":
        return f"{who}, up {duration(at - root['started_at'])}"
    silent = f"last sign {duration(at - root['last_sign_at'])} ago"
    return f"{who}\n{root['home']} (pid {root['pid']}): MISSING, {silent}: {first_line(root['why'])}"


def table(tree: Mapping[str, Any]) -> Table:
    """One line per child, indented as in the tree."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for title, justify in COLUMNS:
        shown.add_column(title, justify=justify, no_wrap=True, overflow="ellipsis")
    last = last_children(tree["rows"])
    for row in tree["rows"]:
        shown.add_row(*_cells(row, tree["at"], last))
    return shown


COLUMNS: tuple[tuple[str, Any], ...] = (
    ("child", "left"),
    ("state", "left"),
    ("uptime", "right"),
    ("inc", "right"),
    ("restarts", "right"),
    ("mailbox", "right"),
    ("next retry", "right"),
    ("last reason", "left"),
)


def dot(tree: Mapping[str, Any]) -> str:
    """A directed graph; supervisors are boxes, workers ellipses."""
    lines = ["digraph rookery {", "  rankdir=LR;", '  node [fontname="sans-serif", style=filled, fillcolor=white];']
    for row in tree["rows"]:
        shape = "box" if row["type"] == "supervisor" else "ellipse"
        label = f"{row['id']}\\n{row['state']}, {row['restarts']} restarts"
        colour = DOT_COLOURS.get(row["state"], "white")
        lines.append(f'  {_quoted(row["path"])} [label={_quoted(label)}, shape={shape}, fillcolor="{colour}"];')
    lines += [f"  {_quoted(row['parent'])} -> {_quoted(row['path'])};" for row in tree["rows"] if row["parent"]]
    return "\n".join([*lines, "}"])


def duration(seconds: float | None) -> str:
    """Two units at most: `4.2s`, `3m10s`, `5h02m`, `12d03h`."""
    if seconds is None:
        return "-"
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours < 24 else f"{hours // 24}d{hours % 24:02d}h"


def state(row: Row) -> str:
    """The child's state; a running actor may be suspended."""
    return "suspended" if row.get("suspended") and row["state"] == "running" else str(row["state"])


def restarts(row: Row) -> str:
    """Restarts so far; for a supervisor also what is left of its budget."""
    budget = row["budget"]
    return (
        str(row["restarts"])
        if budget is None
        else f"{row['restarts']} ({row['budget_left']}/{budget['intensity']} left)"
    )


def _cells(row: Row, at: float, last: frozenset[str]) -> list[str]:
    mailbox = row["mailbox"]
    return [
        escape(name(row, last)),
        f"[{COLOURS.get(state(row), 'default')}]{state(row)}[/]",
        duration(None if row["started_at"] is None else at - row["started_at"]),
        str(row["incarnation"]),
        restarts(row),
        f"{mailbox['system']}+{mailbox['user']}" if mailbox["system"] else str(mailbox["user"]),
        "-" if row["next_retry_at"] is None else f"in {duration(row['next_retry_at'] - at)}",
        escape(first_line(row["last_reason"])),
    ]


def name(row: Row, last: frozenset[str]) -> str:
    """The id behind its branch; a supervisor ends in a slash."""
    if row["parent"] is None:
        return "/"
    segments = row["path"].strip("/").split("/")
    ancestors = ["/" + "/".join(segments[:end]) for end in range(1, len(segments))]
    trunk = "".join("   " if path in last else "│  " for path in ancestors)
    branch = "└─ " if row["path"] in last else "├─ "
    return f"{trunk}{branch}{row['id']}{'/' if row['type'] == 'supervisor' else ''}"


def last_children(rows: Iterable[Row]) -> frozenset[str]:
    """The paths behind which no sibling follows."""
    return frozenset({row["parent"]: row["path"] for row in rows if row["parent"]}.values())


def first_line(text: str | None) -> str:
    """A reason may be long; its first line says what it is."""
    return (text or "").partition("\n")[0]


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'
