"""The console's pages of the quarantine: what is held, and one message with its traceback. Read only.

Orders are given by `rookery quarantine`, which knows who gives them. Runs on the web server's event loop; the database
is asked in bounded threads. Whatever a message brings along is shown as text.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from actors.pipeline.connector.quarantine.verbs import EntryParams, ListParams, entries, show
from actors.web.page import Page
from actors.web.work import Work
from supervision.errors import RookeryError
from supervision.verbs import Site

PATH = "/quarantine"
REFRESH_SECONDS = 2.0
READ_SECONDS = 10.0
READERS = 4
COLUMNS = ("id", "queue", "since", "attempts", "deaths", "bytes", "reason")
TEXTS = ("reason", "traceback", "body")
NUMBER = """
<q-td :props="props"><a :href="'/quarantine/' + props.row.id">{{ props.row.id }}</a></q-td>"""


def pages(site: Site) -> Sequence[Page]:
    """The list in the menu, and the page of one message behind it."""
    work = Work(READERS, READ_SECONDS)

    def one(number: int) -> None:
        build_one(site, work, number)

    return [
        Page(PATH, "Quarantine", "report", partial(build, site, work)),
        Page(f"{PATH}/{{number}}", "In quarantine", "report", one, in_menu=False),
    ]


def build(site: Site, work: Work) -> None:
    """The list, which keeps itself fresh."""
    fault = _title("Quarantine")
    columns = [{"name": name, "label": name.capitalize(), "field": name, "align": "left"} for name in COLUMNS]
    table = ui.table(columns=columns, rows=[], row_key="id", pagination=0).classes("rk-table")
    table.props('dense flat hide-bottom no-data-label="Nothing in quarantine"')
    table.add_slot("body-cell-id", NUMBER)

    async def refresh() -> None:
        found = await _asked(work, fault, partial(entries, site, ListParams()))
        rows = [line(entry) for entry in found or ()]
        if found is not None and rows != table.rows:
            table.rows = rows

    ui.timer(REFRESH_SECONDS, refresh)


def build_one(site: Site, work: Work, number: int) -> None:
    """One message; its texts in the order in which one reads them."""
    fault = _title(f"In quarantine: {number}")
    place = ui.column()

    async def fill() -> None:
        entry = await _asked(work, fault, partial(show, site, EntryParams(id=number)))
        if entry is not None:
            with place:
                _draw(entry)

    ui.timer(0.0, fill, once=True)


def line(entry: dict[str, Any]) -> dict[str, Any]:
    """What the table shows of one message."""
    return {**{name: entry.get(name) for name in COLUMNS}, "since": entry["quarantined_at"]}


def _draw(entry: dict[str, Any]) -> None:
    ui.label(f"{entry['state']}, from {entry['queue']}, attempt {entry['attempts']}, {entry['deaths']} deaths")
    for name, value in entry["headers"].items():
        ui.label(f"{name}: {value}").classes("rk-soft")
    for name in TEXTS:
        ui.label(name.capitalize()).classes("rk-soft")
        ui.label(entry[name]).classes("rk-plain")
    for noted in entry["history"]:
        ui.label(f"{noted['at']} {noted['who']}: {noted['what']}").classes("rk-soft")


def _title(text: str) -> ui.label:
    """The page's heading; returns the place for faults."""
    with ui.element("div").classes("rk-bar"):
        ui.label(text).classes("rk-title").props('role="heading" aria-level="1"')
        return ui.label().classes("rk-soft")


async def _asked(work: Work, fault: ui.label, question: Callable[[], Any]) -> Any:
    """The answer, or None and the reason on the page."""
    try:
        answer = await work.run(question, name="quarantine")
    except RookeryError as error:
        fault.set_text(f"{error.title}: {error}")
        return None
    fault.set_text("")
    return answer
