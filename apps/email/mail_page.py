"""One mail on a page: what its recipient sees, what was sent, and why. Shown so that nothing in it can act.

Headers, text and source are set as text. HTML stands in an iframe with an empty sandbox and a policy of its own.
Runs on the web server's event loop; the mail and its ledger row are read in a bounded thread.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from nicegui import ui

from actors.smtp.mta import store
from actors.web.work import Work
from apps.email import browse, ledger, reading
from apps.email.outbox import key_of
from supervision.errors import RookeryError
from supervision.verbs import Site

SHOWN_HEADERS = ("From", "To", "Date", "Message-ID", "Content-Language")
LEDGER_FIELDS = (
    *("key", "state", "reason", "mail_class", "event_type", "event_source", "event_id", "person", "template", "locale"),
    *("attempts", "doubts", "claimed_by", "code", "enhanced", "reply", "created_at", "changed_at"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A mail, taken apart, and its row in the ledger if it has one."""

    mail: reading.Reading
    entry: ledger.Entry | None


def find(site: Site, number: int) -> Found:
    """Raises NoSuchMail, StoreFailed."""
    kept = store.mail(store.store_path(site.settings.home), number)
    message_id = kept.summary.message_id
    entry = browse.entries_of(site, [message_id]).get(key_of(message_id))
    return Found(reading.read(kept.content), entry)


def build(site: Site, work: Work, number: int) -> None:
    """Draw the page: it fills as soon as the mail was read."""
    with ui.element("div").classes("rk-bar"):
        ui.link("Outbox", "/outbox")
        ui.label(f"/ mail {number}").classes("rk-soft")
    place = ui.element("article").classes("rk-mail")

    async def fill() -> None:
        try:
            found = await work.run(partial(find, site, number), name="mail")
        except RookeryError as error:
            with place:
                ui.label(str(error)).classes("rk-empty")
            return
        with place:
            _draw(found)

    ui.timer(0, fill, once=True)


def _draw(found: Found) -> None:
    mail = found.mail
    with ui.element("section").classes("rk-card rk-letter"):
        ui.label(mail.header("Subject") or "(no subject)").classes("rk-title").props('dir="auto" role="heading"')
        _facts({name: mail.header(name) for name in SHOWN_HEADERS})
        parts(mail)
    with ui.element("aside").classes("rk-card rk-decision"):
        _why(found.entry)


def parts(mail: reading.Reading) -> None:
    """One tab for each way to look at it, the HTML first, because that is what most people see."""
    views = {"HTML": mail.html, "Text": mail.text, "Headers": mail.headers, "Source": mail.source}
    there = [name for name, view in views.items() if view is not None]
    with ui.tabs().props("dense no-caps align=left").classes("rk-tabs") as tabs:
        for name in there:
            ui.tab(name)
    with ui.tab_panels(tabs, value=there[0], animated=False, keep_alive=False).classes("rk-panels"):
        for name in there:
            with ui.tab_panel(name):
                _view(name, mail)
    for part in mail.attachments:
        ui.label(f"{part.name}  {part.content_type}, {part.size:,} bytes").classes("rk-soft")


def _view(name: str, mail: reading.Reading) -> None:
    match name:
        case "HTML":
            sandboxed(mail)
        case "Text":
            plain(mail.text or "")
        case "Headers":
            _facts(mail.headers)
        case _:
            plain(mail.source).classes("rk-mono")


def sandboxed(mail: reading.Reading) -> ui.element:
    """A mail's HTML where it can do nothing: no script, no form, no redirect, no picture but those it carries."""
    element = ui.element("iframe").classes("rk-frame")
    element.props('sandbox="" referrerpolicy="no-referrer" title="The mail as HTML"')
    element.props["srcdoc"] = reading.frame(mail.html or "", mail.pictures)
    return element


def plain(text: str) -> ui.label:
    """Text as it stands, each paragraph in its own direction."""
    return ui.label(text).classes("rk-plain").props('dir="auto"')


def _facts(facts: Mapping[str, object] | tuple[tuple[str, str], ...]) -> None:
    pairs = facts.items() if isinstance(facts, Mapping) else facts
    with ui.element("dl").classes("rk-facts"):
        for name, value in pairs:
            if value not in (None, ""):
                _labelled("dt", name)
                _labelled("dd", str(value))


def _labelled(tag: str, text: str) -> None:
    with ui.element(tag).props('dir="auto"'):
        ui.label(text)


def _why(entry: ledger.Entry | None) -> None:
    ui.label("Decision").classes("rk-title")
    if entry is None:
        ui.label("The ledger does not know this mail, or the database is not there.").classes("rk-soft")
        return
    with ui.element("ol").classes("rk-trace"):
        for step in entry.trace.steps:
            _step(step)
    ui.label("Ledger").classes("rk-title")
    _facts({name.replace("_", " "): getattr(entry, name) for name in LEDGER_FIELDS})


def _step(step: Mapping[str, Any]) -> None:
    with ui.element("li"):
        ui.label(str(step.get("step", ""))).classes("rk-step")
        _facts({name.replace("_", " "): _said(value) for name, value in step.items() if name != "step"})


def _said(value: Any) -> str:
    """A fact of the trace in words: lists as a chain, truths as yes and no, the rest as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " → ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
