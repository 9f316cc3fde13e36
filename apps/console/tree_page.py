"""The live tree: every child with its state, read from the snapshot once a second, and the orders an operator gives.

Runs on the web server's event loop. The snapshot and the orders never wait for an actor, so the page works while every
actor hangs. Not guaranteed: rows of one reading are not from the same instant.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from actors.web.page import Page
from apps.console import lines
from supervision.errors import RookeryError
from supervision.verbs import Site, collect

REFRESH_SECONDS = 1.0


def pages(site: Site) -> Sequence[Page]:
    """The console's own pages."""
    return [Page("/", "Tree", "account_tree", partial(build, site))]


def build(site: Site) -> None:
    """Draw the page and keep it fresh for as long as its visitor stays."""
    figures = ui.element("section").classes("rk-figures").props('aria-label="Summary"')
    with ui.element("div").classes("rk-bar"):
        ui.label("Tree").classes("rk-title").props('role="heading" aria-level="1"')
        orders = Orders(site)
        ui.element("span").classes("rk-grow")
        end_faults = ui.button("End all faults", icon="healing", on_click=orders.end_faults).props("flat dense no-caps")
        search = ui.input(placeholder="Filter by path, state or reason")
        search.props("dense outlined clearable").classes("rk-search")
    table = _table(site, orders)
    search.bind_value_to(table, "filter")

    def refresh() -> None:
        rows = site.system.tree.rows()
        now = site.system.clock.time()
        monotonic = site.system.clock.monotonic()
        _replace(table, [lines.line(row, monotonic, now) for row in rows])
        faults = len(site.system.faults.entries())
        end_faults.set_visibility(faults > 0)
        _draw_figures(figures, lines.figures(rows, len(site.system.tree.zombies()), faults, now))

    refresh()
    ui.timer(REFRESH_SECONDS, refresh)


def _replace(table: ui.table, rows: list[dict[str, Any]]) -> None:
    if rows != table.rows:
        table.rows = rows


def _draw_figures(container: ui.element, figures: Sequence[lines.Figure]) -> None:
    """Draw the figures once, then only change what they say."""
    if not container.default_slot.children:
        with container:
            for _ in figures:
                with ui.element("div").classes("rk-figure"):
                    ui.label().classes("rk-value")
                    ui.label().classes("rk-name-of")
    for box, figure in zip(container.default_slot.children, figures, strict=True):
        box.classes(add="rk-alert" if figure.alert else "", remove="" if figure.alert else "rk-alert")
        value, name = box.default_slot.children
        value.set_text(figure.value)  # type: ignore[attr-defined]
        name.set_text(figure.name)  # type: ignore[attr-defined]


def _column(name: str, label: str, classes: str = "", align: str = "left") -> dict[str, Any]:
    return {"name": name, "label": label, "field": name, "align": align, "classes": classes, "headerClasses": classes}


COLUMNS = [
    _column("path", "Child"),
    _column("state", "State"),
    _column("uptime", "Up", "rk-medium", "right"),
    _column("incarnation", "Incarnation", "rk-medium", "right"),
    _column("restarts", "Restarts", align="right"),
    _column("budget", "Restarts left", "rk-wide"),
    _column("mailbox", "Mailbox", "rk-medium", "right"),
    _column("reason", "Last exit", "rk-medium"),
    _column("actions", ""),
]
CHILD = """
<q-td :props="props" :data-path="props.row.path">
  <div :style="{paddingLeft: props.row.depth * 14 + 'px'}">
    <span :class="['rk-node', 'rk-' + props.row.type]" :title="props.row.path">
      <q-icon :name="props.row.type === 'supervisor' ? 'account_tree' : 'circle'"
              :style="props.row.type === 'supervisor' ? '' : 'font-size: 7px; margin: 0 4px'" aria-hidden="true" />
      {{ props.row.id }}
    </span>
    <div class="rk-small">{{ props.row.reason }} {{ props.row.ago }}</div>
  </div>
</q-td>"""
STATE = """
<q-td :props="props">
  <span :class="['rk-state', 'rk-' + props.row.tone]">{{ props.row.state }}</span>
  <span class="rk-soft">{{ props.row.retry }}</span>
</q-td>"""
REASON = """
<q-td :props="props">
  <div class="rk-reason" :title="props.row.reason">
    {{ props.row.reason }} <span class="rk-soft">{{ props.row.ago }}</span>
  </div>
</q-td>"""
ACTIONS = """
<q-td :props="props" auto-width>
  <template v-if="props.row.path !== '/'">
    <q-btn flat dense round size="sm" icon="restart_alt" title="Restart" :aria-label="'Restart ' + props.row.path"
           @click="() => $parent.$emit('restart', props.row)" />
    %s
  </template>
</q-td>"""
CRASH = """
    <q-btn flat dense round size="sm" icon="bolt" title="Crash (fault)" :aria-label="'Crash ' + props.row.path"
           @click="() => $parent.$emit('crash', props.row)" />"""


def _table(site: Site, orders: "Orders") -> ui.table:
    table = ui.table(columns=COLUMNS, rows=[], row_key="path", pagination=0).classes("rk-table")
    table.props('dense flat hide-bottom no-data-label="Nothing matches" :sort-method="(rows) => rows"')
    table.add_slot("body-cell-path", CHILD)
    table.add_slot("body-cell-state", STATE)
    table.add_slot("body-cell-reason", REASON)
    table.add_slot("body-cell-actions", ACTIONS % (CRASH if site.system.faults.enabled else ""))
    table.on("restart", orders.restart)
    table.on("crash", orders.crash)
    return table


class Orders:
    """What the buttons do, each after a question."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.verbs = collect(site.settings)

    async def restart(self, event: GenericEventArguments) -> None:
        path = event.args["path"]
        question = f"Restart {path}? It is stopped in order and started again; this costs no restart budget."
        if await _agreed(question, "Restart"):
            self._carry_out("restart", f"{path} restarts", path=path)

    async def crash(self, event: GenericEventArguments) -> None:
        path = event.args["path"]
        question = f"Crash {path}? Its supervisor will do whatever it does after a real crash."
        if await _agreed(question, "Crash it"):
            self._carry_out("fault.add", f"{path} was told to crash", kind="crash", pattern=path)

    def end_faults(self) -> None:
        self._carry_out("fault.clear", "No fault is in force any more")

    def _carry_out(self, verb: str, done: str, **params: str) -> None:
        try:
            self.verbs.find(verb)(self.site, params)
        except RookeryError as error:
            ui.notify(f"{error.title}: {error}", type="negative", multi_line=True)
        else:
            ui.notify(done, type="positive")


async def _agreed(question: str, yes: str) -> bool:
    with ui.dialog() as dialog, ui.card():
        ui.label(question)
        with ui.row():
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat autofocus no-caps")
            ui.button(yes, on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
    answer = await dialog
    dialog.delete()
    return bool(answer)
