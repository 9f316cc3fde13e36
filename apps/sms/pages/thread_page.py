"""A conversation: its texts as bubbles with what became of each, and the box to answer in.

Texts of strangers are set as text, each in its own direction. Runs on the web server's event loop.
"""

from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from apps.sms.pages.asking import Asking, kept_fresh, told
from apps.sms.pages.drawing import facts, heading, plain, state, title, trail
from apps.sms.pages.lines import TEXTS, leader_link, moment, readable, tone, words
from apps.sms.pages.writing import Writing
from supervision.errors import RookeryError

REFRESH_SECONDS = 1.0
SHOWN = 100
#: What is said of most texts in by themselves tells nobody anything.
QUIET, QUIET_REASONS = ("settled",), ("unread",)
#: Answers that stand in the member's own columns.
TWICE = ("name", "place", "born")


def build(asking: Asking, leader: str, number: str) -> None:
    """The conversation on one side, what is known of the member on the other."""
    with ui.element("div").classes("rk-bar"):
        trail(("Texts", TEXTS), (leader, leader_link(leader)))
        name = title(number)
        fault = ui.label().classes("rk-soft")
    with ui.element("article").classes("rk-mail"):
        with ui.element("section").props('aria-label="Conversation"'):
            talk = Talk(asking)
            box = Writing(asking, leader, number)
        about = ui.element("aside").classes("rk-card")
    shown: dict[str, Any] = {}

    async def refresh() -> None:
        asked = {"leader": leader, "number": number}
        member = await asking.ask("sms.member", **asked)
        talk.show(await asking.ask("sms.thread", limit=talk.limit, **asked), datetime.now(UTC))
        if member != shown:
            shown.clear()
            shown.update(member)
            name.set_text(readable(member["name"]) or number)
            box.allow(member["state"] != "left")
            _about(about, member, mark_read)

    async def mark_read() -> None:
        if await asking.order("sms.read", "read", leader=leader, number=number) is not None:
            await at_once()

    at_once = kept_fresh(refresh, fault, REFRESH_SECONDS)
    box.after_sending = talk.look_again = at_once


class Talk:
    """The bubbles. What is drawn stays; only states change, and what is new comes below."""

    def __init__(self, asking: Asking) -> None:
        self.limit = SHOWN
        self.look_again: Any = None
        self._asking = asking
        self._drawn: dict[str, tuple[ui.element, ui.label, ui.label]] = {}
        # Turned around by its style, so that the browser keeps to the end of it.
        with ui.element("div").classes("rk-talk").props('tabindex="0"'), ui.element("div") as self._list:
            self._earlier = ui.button("Earlier texts", icon="expand_less", on_click=self._more).props(
                "flat dense no-caps"
            )
            self._nothing = ui.label("No text yet").classes("rk-soft")

    def show(self, texts: list[dict[str, Any]], now: datetime) -> None:
        self._earlier.set_visibility(len(texts) >= self.limit)
        self._nothing.set_visibility(not texts)
        self._forget([text["key"] for text in texts])
        for text in texts:
            if text["key"] not in self._drawn:
                with self._list:
                    self._draw(text)
            self._update(text, now)

    async def _more(self) -> None:
        self.limit += SHOWN
        await self.look_again()

    def _forget(self, keys: list[str]) -> None:
        """What is not there any more; all of it if what stays does not come first, as when earlier texts are shown."""
        known = set(keys)
        stays = [key for key in self._drawn if key in known]
        if keys[: len(stays)] != stays:
            stays = []
        for key in self._drawn.keys() - set(stays):
            self._drawn.pop(key)[0].delete()

    def _draw(self, text: dict[str, Any]) -> None:
        bubble = ui.element("div").classes(f"rk-bubble rk-{text['direction']}").props("data-text")
        with bubble:
            plain(readable(text["body"]))
            with ui.element("div").classes("rk-meta"):
                at = ui.label()
                became = ui.label()
                key = text["key"]
                ui.button(icon="info_outline", on_click=lambda: self._details(key)).props(
                    'flat dense round size="xs" aria-label="Details of this text"'
                )
        self._drawn[text["key"]] = (bubble, at, became)

    def _update(self, text: dict[str, Any], now: datetime) -> None:
        _, at, became = self._drawn[text["key"]]
        at.set_text(moment(text["created_at"], now))
        told_state = "" if text["state"] in QUIET else words(text["state"])
        reason = "" if text["reason"] in QUIET_REASONS else readable(text["reason"] or "")
        said = ": ".join(part for part in (told_state, reason) if part)
        if became.text != said:
            became.set_text(said)
            became.classes(replace=f"rk-{tone(text['state'])}" if told_state else "")

    async def _details(self, key: str) -> None:
        try:
            text = await self._asking.ask("sms.text", key=key)
        except RookeryError as error:
            ui.notify(told(error), type="negative", multi_line=True)
            return
        with ui.dialog(value=True) as dialog, ui.card():
            _details(text)
            ui.button("Close", on_click=dialog.close).props("flat no-caps")
        dialog.on("hide", dialog.delete)


def _details(text: dict[str, Any]) -> None:
    heading("This text")
    names = ("state", "reason", "lane", "carrier", "coding", "segments", "attempts", "broadcast", "cause", "key")
    times = ("created_at", "due_at", "handed_at", "changed_at")
    facts([(words(name), text[name]) for name in (*names, *times)])
    if text["parts"]:
        heading("As the carrier knows it")
    for part in text["parts"]:
        code = f", code {part['code']}" if part["code"] else ""
        facts([(f"part {part['number']}", f"{words(part['state'])}{code}"), ("id", part["carrier_id"])])


def _about(place: ui.element, member: dict[str, Any], mark_read: Any) -> None:
    place.clear()
    with place:
        with ui.element("div").classes("rk-bar"):
            heading("Member")
            state(member["state"])
            ui.element("span").classes("rk-grow")
            if member["unread"]:
                ui.button(f"Mark {member['unread']} as read", icon="done_all", on_click=mark_read).props(
                    "flat dense no-caps"
                )
        if member["tags"]:
            with ui.element("div").classes("rk-tags"):
                for tag in member["tags"]:
                    ui.label(readable(tag)).classes("rk-tag").props('dir="auto"')
        facts(known(member))


def known(member: dict[str, Any]) -> list[tuple[str, object]]:
    """What is known of a member besides name, state and tags; the answers by the names of their questions."""
    names = ("number", "our_number", "place", "country", "locale", "time_zone", "born", "person", "asked")
    times = ("created_at", "joined_at", "left_at", "last_active_at")
    now = datetime.now(UTC)
    found: list[tuple[str, object]] = [(words(name), readable(str(member[name] or ""))) for name in names]
    found += [(words(name).removesuffix(" at"), moment(member[name], now)) for name in times]
    answers = {name: value for name, value in member["answers"].items() if name not in TWICE or not member[name]}
    return found + [(words(name), readable(str(value))) for name, value in answers.items()]
