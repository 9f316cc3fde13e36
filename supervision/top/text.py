"""One frame of `rookery top` as plain text, for terminals without a screen, recordings and tests."""

import threading

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from supervision.control.client import Client
from supervision.render import COLOURS
from supervision.terminal import console
from supervision.top.frame import COLUMNS, Frame, View, Window


def print_frame(root: Client, window_seconds: float, wanted: str = "") -> None:
    """Look twice, a window apart, so that there are rates; print what was seen. Raises NoRoot, NoAnswer."""
    window = Window(window_seconds)
    frame = window.look(root.call("tree"))
    if window_seconds > 0:
        threading.Event().wait(window_seconds)
        frame = window.look(root.call("tree"))
    show(frame, View(wanted), console())


def show(frame: Frame, view: View, console: Console) -> None:
    """Header and one line per child."""
    console.print(escape(frame.header), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title, _, side in COLUMNS:
        table.add_column(title, justify=side, no_wrap=True, overflow="ellipsis")
    for line in view.of(frame):
        cells = [escape(cell) for cell in line.cells()]
        cells[0] = cells[0] if view.as_tree else escape(line.path)
        cells[1] = f"[{COLOURS.get(line.state, 'default')}]{cells[1]}[/]"
        table.add_row(*cells)
    console.print(table)
