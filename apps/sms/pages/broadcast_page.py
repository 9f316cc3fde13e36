"""One broadcast: how far it is, books that balance, and the orders that hold or end it.

Runs on the web server's event loop.
"""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

from nicegui import ui

from apps.sms.pages.asking import Asking, agreed, kept_fresh, reasoned
from apps.sms.pages.drawing import bar, facts, figures, heading, plain, state, title, trail
from apps.sms.pages.lines import (
    ACCOUNT_TONES,
    ACCOUNTS,
    BROADCASTS,
    count,
    leader_link,
    moment,
    percent,
    readable,
    shown_state,
    span,
    words,
)

REFRESH_SECONDS = 2.0
UNDER_WAY = ("scheduled", "freezing", "running")
#: Accounts in which something is wrong.
ALERTS = ("in doubt", "rejected", "failed")


def build(asking: Asking, number: int) -> None:
    """All of it is drawn anew when something changed."""
    with ui.element("div").classes("rk-bar"):
        trail(("Broadcasts", BROADCASTS))
        name = title(f"Broadcast {number}")
        shown_as = ui.element("span")
        fault = ui.label().classes("rk-soft")
        ui.element("span").classes("rk-grow")
        orders = ui.element("span")
    books = ui.element("section").props('aria-label="Books"')
    about = ui.element("section").classes("rk-card rk-below")
    shown: dict[str, Any] = {}

    async def refresh() -> None:
        found = await asking.ask("sms.broadcast.status", broadcast=number)
        if found == shown:
            return
        if _fixed(found) != _fixed(shown):
            name.set_text(readable(found["name"]))
            _replace(shown_as, partial(state, shown_state(found)))
            _replace(orders, partial(_orders, asking, found, at_once))
            _replace(about, partial(_about, found))
        _replace(books, partial(_books, found))
        shown.clear()
        shown.update(found)

    at_once = kept_fresh(refresh, fault, REFRESH_SECONDS)


def _fixed(found: dict[str, Any]) -> tuple[object, ...]:
    """What the rest of the page shows besides the books."""
    return tuple(found.get(name) for name in ("id", "state", "paused", "reason"))


def _replace(place: ui.element, draw: Any) -> None:
    place.clear()
    with place:
        draw()


def _books(found: dict[str, Any]) -> None:
    books = found["books"]
    targeted = books["targeted"]
    with ui.element("div").classes("rk-stack").props('role="img"') as stack:
        for account in ACCOUNTS:
            if books[account]:
                part = ui.element("span").classes(f"rk-{ACCOUNT_TONES.get(account, 'idle')}")
                part.style(f"width: {percent(books[account], targeted)}%").props(f'title="{words(account)}"')
    gone = percent(targeted - books["pending"], targeted)
    stack.props["aria-label"] = f"{gone:g} % are decided"
    accounts = [(words(account), count(books[account])) for account in ACCOUNTS]
    place = ui.element("section").classes("rk-figures")
    alerts = [name for name, said in accounts if name in ALERTS and said != "0"]
    figures(place, [("targeted", count(targeted)), *accounts], alerts)
    parts = " + ".join(count(books[account]) for account in ACCOUNTS if books[account]) or "0"
    sign, classes = ("=", "rk-soft") if books["balanced"] else ("≠", "rk-bad")
    ui.label(f"{count(targeted)} {sign} {parts}").classes(f"rk-mono {classes}")
    if books["reasons"]:
        heading("Why")
        for account, reasons in books["reasons"].items():
            for reason, texts in sorted(reasons.items(), key=lambda one: -one[1]):
                with ui.element("div").classes("rk-why"):
                    ui.label(f"{words(account)}: {readable(reason)}").classes("rk-plain").props('dir="auto"')
                    bar(texts, targeted, f"{account}: {reason}", f"rk-{ACCOUNT_TONES.get(account, 'idle')}")
                    ui.label(count(texts)).classes("rk-mono")


def _about(found: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    heading("What was ordered")
    with ui.element("div").classes("rk-bubble rk-out"):
        plain(readable(found["template"]))
    with ui.element("div").classes("rk-bar"):
        ui.label("Leader").classes("rk-soft")
        ui.link(found["leader"], leader_link(found["leader"]))
    times = [(words(name), moment(found[name], now)) for name in ("start_at", "expires_at", "created_at", "changed_at")]
    segment = "all who joined" if found["segment"] in ({}, {"all": []}) else json.dumps(found["segment"])
    facts([("segment", segment), ("reason", found["reason"]), *times, ("spread over", span(found["spread_seconds"]))])


def _orders(asking: Asking, found: dict[str, Any], at_once: Any) -> None:
    if found["state"] not in UNDER_WAY:
        return
    id = found["id"]

    async def pause() -> None:
        if (reason := await reasoned("Hold what has not left?", "Pause")) is not None:
            await asking.order("sms.broadcast.pause", "paused", broadcast=id, reason=reason or None)
            await at_once()

    async def resume() -> None:
        await asking.order("sms.broadcast.resume", "goes on", broadcast=id)
        await at_once()

    async def cancel() -> None:
        if await agreed("Take back what has not left? It cannot be sent again.", "Cancel the broadcast"):
            await asking.order("sms.broadcast.cancel", "cancelled", broadcast=id)
            await at_once()

    if found["paused"]:
        ui.button("Resume", icon="play_arrow", on_click=resume).props("unelevated no-caps")
    else:
        ui.button("Pause", icon="pause", on_click=pause).props("unelevated no-caps")
    ui.button("Cancel", icon="close", on_click=cancel).props("flat no-caps color=negative")
