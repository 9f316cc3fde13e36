"""Verbs' answers as tables and trees for a terminal. What others wrote is shown as plain text, never as markup."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from apps.email.foreign import printable

Row = Mapping[str, Any]

#: Columns that may take several lines.
WIDE = frozenset({"to", "address", "subject", "reason"})
#: As much of a key as one can still tell apart and copy; `rookery email show` takes it.
KEY_DIGITS = 12


def outbox_table(mails: Sequence[Row]) -> Table:
    return _table(mails, ["received_at", "to", "locale", "subject", "copies", "key"])


def doubts_table(entries: Sequence[Row]) -> Table:
    return _table(entries, ["doubted_at", "address", "mail_class", "state", "doubts", "reason", "key"])


def books_table(lines: Sequence[Row]) -> Table:
    return _table(lines, ["mail_class", "state", "mails", "doubted"])


def mail_tree(entry: Row) -> Tree:
    """State and facts, then the steps of the decision in the order they were taken."""
    root = Tree(_text(f"{entry['key']}  {entry['state']}"))
    facts = ("reason", "address", "template", "locale", "message_id", "attempts", "doubts", "code", "reply")
    for name in facts:
        if entry.get(name) not in (None, ""):
            root.add(_text(f"{name}: {entry[name]}"))
    steps = root.add("trace")
    for step in entry["trace"]:
        facts_of_step = (f"{name}={value}" for name, value in step.items() if name != "step")
        steps.add(_text(f"{step.get('step', '')}: {', '.join(facts_of_step)}"))
    return root


def _table(rows: Iterable[Row], columns: Sequence[str]) -> Table:
    table = Table(box=None)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold", no_wrap=name not in WIDE)
    for row in rows:
        table.add_row(*(_text(_cell(name, row.get(name))) for name in columns))
    return table


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "key":
        return str(value)[:KEY_DIGITS]
    return str(value)[:19].replace("T", " ") if name.endswith("_at") else str(value)


def _text(value: str) -> Text:
    return Text(printable(value))
