"""A leader's inbox: conversations, what nobody has read first. Runs on the web server's event loop."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from apps.sms.pages.asking import Asking, kept_fresh
from apps.sms.pages.drawing import STATE, column, fill, table, title, trail
from apps.sms.pages.lines import TEXTS, leader_link, thread_line, unread_first

REFRESH_SECONDS = 2.0
SHOWN = 100
COLUMNS = [
    column("who", "Member"),
    column("text", "Last text"),
    column("unread", "Unread", align="right"),
    column("state", "State", "rk-medium"),
    column("at", "At (UTC)", "rk-medium"),
]
WHO = """
<q-td :props="props">
  <a :href="props.row.link" :class="{'rk-strong': props.row.unread}" dir="auto">{{ props.row.who }}</a>
  <div v-if="props.row.named" class="rk-soft rk-medium rk-tiny">{{ props.row.number }}</div>
  <div class="rk-small">{{ props.row.at }} <span v-if="props.row.state !== 'joined'">{{ props.row.state }}</span></div>
</q-td>"""
TEXT = """
<q-td :props="props">
  <div class="rk-excerpt" dir="auto"><q-icon v-if="props.row.mine" name="reply" class="rk-soft" title="from us"
    /> {{ props.row.text }}</div>
</q-td>"""
UNREAD = '<q-td :props="props"><span v-if="props.row.unread" class="rk-badge">{{ props.row.unread }}</span></q-td>'


def build(asking: Asking, leader: str, search: str) -> None:
    """The list keeps itself fresh; a search is of texts, and part of the address."""
    with ui.element("div").classes("rk-bar"):
        trail(("Texts", TEXTS))
        name = title(leader)
        fault = ui.label().classes("rk-soft")
        ui.element("span").classes("rk-grow")
        only_unread = ui.switch("Unread only")
        field = ui.input(placeholder="Search in texts", value=search).props("dense outlined clearable")
        field.classes("rk-search")
        field.on("keydown.enter", lambda: ui.navigate.to(link(leader, field.value or "")))
        field.on("clear", lambda: ui.navigate.to(link(leader)))
    slots = {"who": WHO, "text": TEXT, "unread": UNREAD, "state": STATE}
    threads = table(COLUMNS, "number", "No conversation", slots)

    async def refresh() -> None:
        name.set_text((await asking.ask("sms.leader", leader=leader))["name"])
        found = await _read(asking, leader, search, bool(only_unread.value))
        now = datetime.now(UTC)
        fill(threads, [thread_line(leader, one, now) for one in found])

    only_unread.on_value_change(kept_fresh(refresh, fault, REFRESH_SECONDS))


def link(leader: str, search: str = "") -> str:
    """The address of an inbox; a search needs two characters."""
    return leader_link(leader) + ("?" + urlencode({"q": search}) if len(search) > 1 else "")


async def _read(asking: Asking, leader: str, search: str, only_unread: bool) -> list[Any]:
    asked: dict[str, Any] = {"leader": leader, "search": search if len(search) > 1 else None, "limit": SHOWN}
    unread = await asking.ask("sms.inbox", unread=True, **asked)
    return unread if only_unread else unread_first(unread, await asking.ask("sms.inbox", **asked))
