"""The screen of `rookery top`: the newest frame in a table, and keys that look into a child or give it an order.

Textual draws in the thread that calls `run`; questions to the root run in short-lived threads beside it, so a root that
does not answer never freezes the keyboard. A root that goes away is waited for; the last frame stays, dimmed.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Protocol

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.coordinate import Coordinate
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Input, Static

from supervision.debug_commands import info_text, inner_state
from supervision.errors import RookeryError
from supervision.render import COLOURS
from supervision.top.frame import COLUMNS, Frame, Line, View, Window

#: Seconds the root has for one answer.
PATIENCE_SECONDS = 5.0
#: Lines on the screen; sorting and filtering choose among all. More would take longer to draw than they last.
MAX_LINES = 1000
#: Seconds the inspected actor itself has.
INSIDE_SECONDS = 0.5


class Root(Protocol):
    """What the screen needs of a `control.Client`."""

    def call(self, verb: str, /, timeout: float = 30.0, **params: Any) -> Any:
        """Ask. Raises RookeryError."""


class Page(ModalScreen[None]):
    """A text to read; any of its keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,i,enter", "dismiss", "back")]
    CSS = "Page { align: center middle; } Page VerticalScroll { width: 90%; height: 90%; border: round $primary; }"

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(Text(self.text), id="page")
        yield Footer()


class Question(ModalScreen[bool]):
    """Yes or no; only `y` is yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("n,escape,q,enter", "answer(False)", "no"),
    ]
    CSS = "Question { align: center middle; } Question Static { width: auto; border: round $error; padding: 1 2; }"

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield Static(Text(f"{self.text} (y/n)"), id="question")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class Top(App[None]):
    """`root` is asked every `interval_seconds`; rates are over `window_seconds`."""

    TITLE = "rookery top"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #header { height: 1; background: $primary; color: $text; padding: 0 1; }
    #header.gone { background: $error; }
    DataTable { height: 1fr; }
    DataTable.gone { opacity: 50%; }
    #filter { display: none; height: 3; }
    #filter.open { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i,enter", "inspect", "inspect", key_display="i"),
        Binding("r", "restart", "restart"),
        Binding("s", "suspend", "suspend/resume"),
        Binding("f", "crash", "inject crash"),
        Binding("o", "sort", "sort by next column"),
        Binding("O", "reverse", "reverse"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("escape", "clear", "clear", show=False),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, root: Root, window_seconds: float = 5.0, interval_seconds: float = 1.0) -> None:
        super().__init__()
        self.root = root
        self.window = Window(window_seconds)
        self.interval_seconds = interval_seconds
        self.view = View()
        self.frame = Frame("looking for the root")
        # Kept, because a query finds widgets of the topmost screen only, and a page may lie over them.
        self.header = Static(id="header")
        self.table = DataTable[Text](cursor_type="row", zebra_stripes=True)
        self.filter = Input(placeholder="part of a path, a state or a reason", id="filter")
        self._looking = False
        self._shown: list[str] = []

    # --- life --------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield from (self.header, self.table, self.filter, Footer())

    def on_mount(self) -> None:
        self.table.focus()
        self._columns()
        self._draw()
        self.set_interval(self.interval_seconds, self.look)
        self.look()

    def look(self) -> None:
        """Ask for the tree, unless the last question is still open."""
        if not self._looking:
            self._looking = True
            self._beside(partial(self.root.call, "tree", timeout=PATIENCE_SECONDS), self._seen, self._gone)

    def _seen(self, tree: Any) -> None:
        self._looking = False
        self.frame = self.window.look(tree)
        self._mark_gone(False)
        self._draw()
        self.refresh_bindings()

    def _gone(self, error: RookeryError) -> None:
        self._looking = False
        self._mark_gone(True)
        self._header(f"{error}; waiting for it")

    def _mark_gone(self, gone: bool) -> None:
        self.header.set_class(gone, "gone")
        self.table.set_class(gone, "gone")

    def _beside(
        self, ask: Callable[[], Any], then: Callable[[Any], object], otherwise: Callable[[RookeryError], None]
    ) -> None:
        """Run `ask` in a thread of its own and go on here with what came of it."""

        def work() -> None:
            try:
                answer = ask()
            except RookeryError as error:
                self.call_from_thread(otherwise, error)
            else:
                self.call_from_thread(then, answer)

        self.run_worker(work, thread=True)

    # --- drawing -----------------------------------------------------------------------------------

    def _columns(self) -> None:
        self.table.clear(columns=True)
        self._shown = []
        for number, (title, _, side) in enumerate(COLUMNS):
            arrow = ("▲" if self.view.reverse else "▼") if number == self.view.column else ""
            self.table.add_column(Text(title + arrow, justify=side), key=str(number))

    def _draw(self) -> None:
        lines = self.view.of(self.frame)
        left_out = len(lines) - MAX_LINES
        self._header(self.frame.header + (f", {left_out} lines left out: filter with /" if left_out > 0 else ""))
        lines = lines[:MAX_LINES]
        paths = [line.path for line in lines]
        if paths == self._shown:
            self._update(lines)
        else:
            self._fill(lines, paths)

    def _header(self, text: str) -> None:
        self.header.update(Text(text, no_wrap=True, overflow="ellipsis"))

    def _update(self, lines: list[Line]) -> None:
        """Only what is different: a large table is not drawn anew each second."""
        for row, line in enumerate(lines):
            for column, text in enumerate(self._texts(line)):
                place = Coordinate(row, column)
                if self.table.get_cell_at(place) != text:
                    self.table.update_cell_at(place, text, update_width=True)

    def _fill(self, lines: list[Line], paths: list[str]) -> None:
        here, scrolled = self.path, self.table.scroll_y
        self.table.clear()
        for line in lines:
            self.table.add_row(*self._texts(line), key=line.path)
        self._shown = paths
        if here in paths:
            self.table.move_cursor(row=paths.index(here), scroll=False)
            self.table.scroll_to(y=scrolled, animate=False)

    def _texts(self, line: Line) -> list[Text]:
        texts = [Text(cell, justify=side) for cell, (_, _, side) in zip(line.cells(), COLUMNS, strict=True)]
        if not self.view.as_tree:
            texts[0] = Text(line.path)
        texts[1].stylize(COLOURS.get(line.state, ""))
        if line.restarts_per_minute:
            texts[5].stylize("bold yellow")
        if line.growth and line.growth > 0:
            texts[7].stylize("yellow")
        return texts

    # --- keys --------------------------------------------------------------------------------------

    @property
    def path(self) -> str | None:
        """Of the line under the cursor."""
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.frame.faults_enabled if action == "crash" else True

    def on_data_table_row_selected(self) -> None:
        self.action_inspect()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        self._look_by(event.column_index, reverse=event.column_index == self.view.column and not self.view.reverse)

    def action_inspect(self) -> None:
        path = self.path
        if path is not None:
            self._beside(partial(self._info, path), lambda text: self.push_screen(Page(text)), self._complain)

    def _info(self, path: str) -> str:
        answer = self.root.call("info", timeout=PATIENCE_SECONDS, path=path)
        if answer["state"] == "running":
            answer["inside"] = inner_state(self.root, path, INSIDE_SECONDS)
        return info_text(answer)

    def action_restart(self) -> None:
        self._order("restart", "is being restarted")

    def action_suspend(self) -> None:
        line = next((line for line in self.frame.lines if line.path == self.path), None)
        if line is not None and line.state == "suspended":
            self._order("resume", "goes on")
        else:
            self._order("suspend", "is suspended")

    def action_crash(self) -> None:
        path = self.path
        if path is not None:
            self.push_screen(Question(f"Crash {path}?"), lambda yes: self._crash(path) if yes else None)

    def _crash(self, path: str) -> None:
        ask = partial(self.root.call, "fault.add", timeout=PATIENCE_SECONDS, kind="crash", pattern=path)
        self._beside(ask, lambda answer: self.notify(f"fault {answer['id']} strikes {path}"), self._complain)

    def _order(self, verb: str, told: str) -> None:
        path = self.path
        if path is not None:
            ask = partial(self.root.call, verb, timeout=PATIENCE_SECONDS, path=path)
            self._beside(ask, lambda answer: self.notify(f"{path} {told}"), self._complain)

    def _complain(self, error: RookeryError) -> None:
        self.notify(str(error), title=error.title, severity="error", markup=False)

    def action_sort(self) -> None:
        self._look_by((self.view.column + 1) % len(COLUMNS), reverse=True)

    def action_reverse(self) -> None:
        self._look_by(self.view.column, reverse=not self.view.reverse)

    def _look_by(self, column: int, reverse: bool) -> None:
        """The largest come first, unless it is the order of the tree."""
        self.view = View(self.view.filter, column, reverse and column > 0)
        self._columns()
        self._draw()

    def action_filter(self) -> None:
        self.filter.add_class("open")
        self.filter.focus()

    def action_clear(self) -> None:
        self.filter.value = ""
        self.on_input_submitted()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.view = View(event.value, self.view.column, self.view.reverse)
        self._columns()
        self._draw()

    def on_input_submitted(self) -> None:
        self.filter.set_class(bool(self.view.filter), "open")
        self.table.focus()
