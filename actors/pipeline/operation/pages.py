"""The console's page of all pipelines. Runs on the web server's event loop; nodes are asked in bounded threads."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from nicegui import ui

from actors.pipeline.operation.commands import COLUMNS, row
from actors.pipeline.operation.verbs import pipelines
from actors.web.page import Page
from actors.web.work import Work
from supervision.errors import RookeryError
from supervision.verbs import NoParams, Site

PATH = "/pipelines"
REFRESH_SECONDS = 2.0
READ_SECONDS = 10.0
READERS = 4
TONES = {"running": "good", "held": "warn", "draining": "busy"}
STATE = """
<q-td :props="props">
  <span :class="['rk-state', 'rk-' + props.row.tone]">{{ props.row.state }}</span>
</q-td>"""


def pages(site: Site) -> Sequence[Page]:
    """One entry of the menu."""
    return [Page(PATH, "Pipelines", "linear_scale", partial(build, site, Work(READERS, READ_SECONDS)))]


def build(site: Site, work: Work) -> None:
    """The table, which keeps itself fresh."""
    with ui.element("div").classes("rk-bar"):
        ui.label("Pipelines").classes("rk-title").props('role="heading" aria-level="1"')
        fault = ui.label().classes("rk-soft")
    table = ui.table(columns=_columns(), rows=[], row_key="pipeline", pagination=0).classes("rk-table")
    table.props('dense flat hide-bottom no-data-label="No pipeline runs"')
    table.add_slot("body-cell-state", STATE)

    async def refresh() -> None:
        try:
            found = await work.run(lambda: pipelines(site, NoParams()), name="pipelines")
        except RookeryError as error:
            fault.set_text(f"{error.title}: {error}")
            return
        fault.set_text("")
        rows = [line(one) for one in found]
        if rows != table.rows:
            table.rows = rows

    ui.timer(REFRESH_SECONDS, refresh)


def line(one: dict[str, Any]) -> dict[str, str]:
    """What the table shows of one pipeline."""
    return {**dict(zip(COLUMNS, row(one), strict=True)), "tone": TONES.get(one["state"], "bad")}


def _columns() -> list[dict[str, Any]]:
    return [{"name": name, "label": name.capitalize(), "field": name, "align": "left"} for name in COLUMNS]
