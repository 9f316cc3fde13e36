"""Carriers: health, windows, throttles, limits with what is used of them, and the queue by lane.

What only the holder of the outbound lease knows it reports every second; how old that is stands above it. Runs on the
web server's event loop.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from nicegui import ui

from apps.sms.config import Sms
from apps.sms.pages.asking import Asking, agreed, kept_fresh, reasoned
from apps.sms.pages.drawing import bar, column, facts, fill, heading, state, table, title
from apps.sms.pages.lines import count, lanes, percent, readable, span, times

REFRESH_SECONDS = 1.0
#: A report that is older comes from somebody who is gone.
STALE_SECONDS = 5.0
MOST_LIMITS = 50
Order = Callable[[str], Awaitable[None]]
COLUMNS = [
    column("lane", "Lane"),
    column("texts", "Queued", align="right"),
    column("due", "May leave now", align="right"),
    column("leaders", "Leaders", "rk-medium", "right"),
    column("oldest", "Oldest waits", align="right"),
]

#: With a code of their own; see `actors.carrier.simulated.watcher`.
WATCHED = [
    column("limit", "Counted by simulated carriers"),
    column("scope", "Number", "rk-medium"),
    column("total", "Units so far", "rk-medium", "right"),
    column("peak", "Fullest window", align="right"),
    column("over", "Too many", align="right"),
]
OVER = """<q-td :props="props"><span :class="{'rk-bad': props.row.bad}">{{ props.row.over }}</span></q-td>"""


def build(asking: Asking) -> None:
    """Cards of carriers, bars of limits, the queue."""
    with ui.element("div").classes("rk-bar"):
        title("Carriers")
        fault = ui.label().classes("rk-soft")
        stale = ui.label().classes("rk-bad")
    cards = Cards(asking)
    heading("Queue")
    queue = table(COLUMNS, "lane", "Nothing waits", {})
    heading("Limits")
    limits = ui.element("section").classes("rk-card").props('aria-label="Limits"')
    ui.element("div").classes("rk-below")
    watched = table(WATCHED, "id", "Nothing arrived yet", {"over": OVER})
    drawn: list[Any] = []

    async def refresh() -> None:
        carriers = await asking.ask("sms.carriers")
        stale.set_text(fault_of(carriers))
        cards.show(carriers)
        fill(queue, lanes(await asking.ask("sms.queue")))
        found = limits_of(asking.settings.section("sms"), await asking.ask("sms.limits"))
        fill(watched, [watched_line(one) for one in await asking.ask("sms.watched")])
        if found != drawn or not limits.default_slot.children:
            drawn[:] = found
            _limits(limits, found)

    cards.look_again = kept_fresh(refresh, fault, REFRESH_SECONDS)


def fault_of(carriers: Sequence[dict[str, Any]]) -> str:
    """Why what is shown may not be so; empty when it is."""
    ages = [one["reported_seconds_ago"] for one in carriers]
    if not ages or ages[0] is None:
        return "nobody has handed texts over yet"
    return f"nobody hands texts over: the last report is {span(ages[0])} old" if ages[0] > STALE_SECONDS else ""


class Cards:
    """One for each carrier. What is pressed stays where it is while figures change."""

    def __init__(self, asking: Asking) -> None:
        self.look_again: Any = None
        self._asking = asking
        self._cards: dict[str, Card] = {}
        self._place = ui.element("section").classes("rk-cards").props('aria-label="Carriers"')

    def show(self, carriers: Sequence[dict[str, Any]]) -> None:
        for one in carriers:
            if one["name"] not in self._cards:
                with self._place, ui.element("div").classes("rk-card").props("data-carrier"):
                    self._cards[one["name"]] = Card(one["name"], self._pause, self._resume)
            self._cards[one["name"]].show({key: one[key] for key in one if key != "reported_seconds_ago"})

    async def _pause(self, name: str) -> None:
        if (reason := await reasoned(f"Give {name} nothing more for now?", "Pause")) is not None:
            await self._asking.order("sms.carrier.pause", f"{name} is paused", name=name, reason=reason)
            await self.look_again()

    async def _resume(self, name: str) -> None:
        if await agreed(f"Give {name} texts again?", "Resume"):
            await self._asking.order("sms.carrier.resume", f"{name} gets texts again", name=name)
            await self.look_again()


class Card:
    """Of one carrier."""

    def __init__(self, name: str, pause: Order, resume: Order) -> None:
        self._shown: dict[str, Any] = {}
        with ui.element("div").classes("rk-bar"):
            heading(name)
            self._health = ui.element("span")
            ui.element("span").classes("rk-grow")
            self._pause = ui.button("Pause", icon="pause", on_click=lambda: pause(name)).props("flat dense no-caps")
            self._resume = ui.button("Resume", icon="play_arrow", on_click=lambda: resume(name))
            self._resume.props("flat dense no-caps")
        self._figures = ui.element("div")

    def show(self, one: dict[str, Any]) -> None:
        if one == self._shown:
            return
        if one["health"] != self._shown.get("health"):
            self._health.clear()
            with self._health:
                state(one["health"])
            self._pause.set_visibility(one["health"] != "paused")
            self._resume.set_visibility(one["health"] == "paused")
        self._shown = one
        self._figures.clear()
        with self._figures:
            _figures(one)


def _figures(one: dict[str, Any]) -> None:
    if "window" not in one:
        ui.label("No report of it yet").classes("rk-soft")
        return
    _measure("window in use", one["in_hand"], one["window"])
    if limit := one["limit"]:
        _measure(f"limit {limit['limit']}", limit["used"], limit["amount"])
    slowed = f"{percent(one['share'], 1):g} % of its window" if one["share"] < 1 else ""
    resumes = f"in {span(one['resumes_in'])}" if one["resumes_in"] else ""
    pairs = [("links", count(one["links"])), ("ready to go", count(one["ready"]))]
    facts([*pairs, ("throttled", count(one["throttles"])), ("gets", slowed), ("is given more", resumes)])


def limits_of(config: Sms, charged: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was charged lately, without what is not shown; and the limits that nothing was charged to."""
    known = {one["limit"] for one in charged}
    idle = [one for one in config.limits if one.name not in known]
    nothing = {"used": 0, "free_in": 0.0, "waits": 0}
    return [
        *({name: one[name] for name in ("limit", "key", "used", "amount", "free_in", "waits")} for one in charged),
        *({"limit": one.name, "key": list(one.scope), "amount": one.amount, **nothing} for one in idle),
    ]


def watched_line(one: dict[str, Any]) -> dict[str, Any]:
    """Of `sms.watched`."""
    return {
        "id": f"{one['carrier']} {one['limit']} {one['scope']}",
        "limit": f"{one['carrier']}: {one['limit']}",
        "scope": one["scope"],
        "total": count(one["total"]),
        "peak": f"{count(one['peak'])} of {count(one['most'])}",
        "over": count(one["violations"]),
        "bad": one["violations"] > 0,
    }


def _limits(place: ui.element, found: list[dict[str, Any]]) -> None:
    """The fullest first."""
    fullest = sorted(found, key=lambda one: (-percent(one["used"], one["amount"]), one["limit"], one["key"]))
    place.clear()
    with place:
        if not found:
            ui.label("There is no limit").classes("rk-soft")
        for one in fullest[:MOST_LIMITS]:
            free = f", free in {span(one['free_in'])}" if one["free_in"] else ""
            waits = f"held texts up {times(one['waits'])}" if one["waits"] else ""
            _measure(f"{one['limit']}: {readable(' '.join(one['key']))}", one["used"], one["amount"], f"{waits}{free}")
        if len(found) > MOST_LIMITS:
            ui.label(f"and {count(len(found) - MOST_LIMITS)} more").classes("rk-soft")


def _measure(name: str, used: float, amount: float, more: str = "") -> None:
    with ui.element("div").classes("rk-measure"):
        ui.label(name)
        bar(used, amount, name)
        ui.label(f"{count(used)} of {count(amount)}").classes("rk-mono")
        ui.label(more).classes("rk-soft rk-tiny")
