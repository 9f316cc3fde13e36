"""What commands print for people: tables and trees, whole lines where nobody looks. The command's own process.

rich is imported when it is used: most commands never do, and its import takes longer than they run.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: In a pipe rich would assume 80 columns and fold; programs want whole lines.
PIPE_COLUMNS = 10_000


def console() -> "Console":
    """Standard output, as wide as the terminal is."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Cells are text and nothing more: what a message brought along may hold markup, or codes that terminals obey."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console().print(table)


def printable(value: object) -> str:
    """As text without codes that a terminal would obey."""
    text = str(value)
    return text if text.isprintable() else repr(text)
