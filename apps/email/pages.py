"""The email app's pages in the console: the outbox, one mail shown safely, and the templates.

Runs on the web server's event loop; files and database are read in bounded threads.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from actors.web.page import Page
from actors.web.work import Work
from apps.email import browse, mail_page
from apps.email.proof import page as templates_page
from apps.email.states import State
from supervision.errors import RookeryError
from supervision.verbs import Site

PATH = "/outbox"
REFRESH_SECONDS = 2.0
READ_SECONDS = 10.0
READERS = 4
TONES = {
    State.HANDED: "good",
    State.CLAIMED: "busy",
    State.DEFERRED: "warn",
    State.IN_DOUBT: "warn",
    State.FAILED: "bad",
    State.SUPPRESSED: "idle",
    State.SKIPPED: "idle",
}


def pages(site: Site) -> Sequence[Page]:
    """The outbox and the templates in the menu, and the page of one mail."""
    work = Work(READERS, READ_SECONDS)

    def outbox(q: str = "", before: int | None = None) -> None:
        build(site, work, q, before)

    def mail(number: int) -> None:
        mail_page.build(site, work, number)

    def templates(template: str = "", locale: str = "") -> None:
        templates_page.build(site, work, template, locale)

    return [
        Page(PATH, "Outbox", "outbox", outbox),
        Page(templates_page.PATH, "Templates", "description", templates),
        Page(f"{PATH}/{{number}}", "Mail", "mail", mail, in_menu=False),
    ]


def build(site: Site, work: Work, needle: str, before: int | None) -> None:
    """The list; its newest page keeps itself fresh."""
    with ui.element("div").classes("rk-bar"):
        ui.label("Outbox").classes("rk-title").props('role="heading" aria-level="1"')
        total = ui.label().classes("rk-soft")
        ui.element("span").classes("rk-grow")
        search = ui.input(placeholder="Address, subject or Message-ID", value=needle)
        search.props("dense outlined clearable").classes("rk-search")
        search.on("keydown.enter", lambda: ui.navigate.to(link(search.value or "")))
        search.on("clear", lambda: ui.navigate.to(link()))
    table = _table()
    with ui.element("div").classes("rk-bar"):
        older = ui.button("Older", icon="chevron_right").props("flat dense no-caps")
        older.set_visibility(False)
        if before is not None:
            ui.button("Newest", icon="first_page", on_click=lambda: ui.navigate.to(link(needle))).props("flat dense")

    async def refresh() -> None:
        try:
            listing = await work.run(partial(browse.listing, site, needle, before), name="outbox")
        except RookeryError as error:
            total.set_text(f"{error.title}: {error}")
            return
        total.set_text(_told(listing, needle))
        rows = [line(item) for item in listing.items]
        if rows != table.rows:
            table.rows = rows
        older.set_visibility(listing.more)

    older.on_click(lambda: ui.navigate.to(link(needle, table.rows[-1]["number"])))
    ui.timer(REFRESH_SECONDS, refresh, once=before is not None)


def link(needle: str = "", before: int | None = None) -> str:
    """The address of one page of the list."""
    query = {"q": needle} if needle else {}
    return PATH + ("?" + urlencode(query | ({} if before is None else {"before": before})) if query or before else "")


def line(item: browse.Item) -> dict[str, Any]:
    """What the table shows of one mail."""
    state = item.entry.state if item.entry else None
    return {
        "number": item.mail.id,
        "time": moment(item.mail.received_at),
        "to": ", ".join(item.mail.recipients),
        "subject": item.mail.subject or "(no subject)",
        "locale": item.entry.locale if item.entry else "",
        "state": "" if state is None else state.replace("_", " "),
        "tone": "idle" if state is None else TONES[state],
        "doubted": bool(item.entry and item.entry.doubts),
    }


def moment(at: float) -> str:
    """`2026-11-22 05:31:07` in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _told(listing: browse.Listing, needle: str) -> str:
    if not listing.total:
        return "no mail yet"
    found = f"{len(listing.items)}{'+' if listing.more else ''} found of " if needle else ""
    return f"{found}{listing.total:,} taken by the embedded mail server, times in UTC"


def _column(name: str, label: str, classes: str = "") -> dict[str, Any]:
    return {"name": name, "label": label, "field": name, "align": "left", "classes": classes, "headerClasses": classes}


COLUMNS = [
    _column("time", "Taken", "rk-medium"),
    _column("to", "To", "rk-medium"),
    _column("subject", "Subject"),
    _column("locale", "Locale"),
    _column("state", "State"),
]
SUBJECT = """
<q-td :props="props">
  <a :href="'/outbox/' + props.row.number" class="rk-subject" dir="auto">{{ props.row.subject }}</a>
  <div class="rk-small">{{ props.row.to }}<br>{{ props.row.time }}</div>
</q-td>"""
STATE = """
<q-td :props="props">
  <span v-if="props.row.state" :class="['rk-state', 'rk-' + props.row.tone]">{{ props.row.state }}</span>
  <span v-if="props.row.doubted" class="rk-soft">was in doubt</span>
</q-td>"""


def _table() -> ui.table:
    table = ui.table(columns=COLUMNS, rows=[], row_key="number", pagination=0).classes("rk-table")
    table.props('dense flat hide-bottom no-data-label="No mail"')
    table.add_slot("body-cell-subject", SUBJECT)
    table.add_slot("body-cell-state", STATE)
    return table
