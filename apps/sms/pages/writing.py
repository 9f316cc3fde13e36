"""The box in which a text to a member is written: how many segments it has so far, answers that are ready, sending.

Runs on the web server's event loop. A text that is sent twice by mistake leaves once: the box names it.
"""

import uuid
from collections.abc import Awaitable, Callable

from nicegui import ui

from actors.gsm import choose
from actors.gsm.choice import USUAL, fewest
from apps.sms.pages.asking import Asking, agreed, told
from apps.sms.pages.lines import CODINGS, readable
from supervision.errors import RookeryError


async def nothing() -> None:
    """Until somebody wants to know."""


class Writing:
    """`after_sending` is called when a text was queued."""

    def __init__(self, asking: Asking, leader: str, number: str) -> None:
        self.after_sending: Callable[[], Awaitable[None]] = nothing
        self._asking, self._leader, self._number = asking, leader, number
        self._key = _key()
        with ui.element("div").classes("rk-write"):
            self._body = ui.textarea(placeholder="Write a text", on_change=self._changed)
            self._body.props('dense outlined autogrow dir="auto" aria-label="Text"').classes("rk-grow")
            self._button = ui.button("Send", icon="send", on_click=self._send).props("unelevated no-caps")
        with ui.element("div").classes("rk-bar"):
            self._size = ui.label().classes("rk-soft")
            ui.element("span").classes("rk-grow")
            with ui.button("Answers that are ready", icon="quickreply").props("flat dense no-caps") as self._ready:
                self._menu = ui.menu()
            self._ready.on_click(self._list)

    def allow(self, allowed: bool) -> None:
        """Whether the member may be texted."""
        for element in (self._body, self._button, self._ready):
            element.set_enabled(allowed)
        self._body.props(f'placeholder="{"Write a text" if allowed else "The member left"}"')

    def _changed(self) -> None:
        self._key = _key()
        self._size.set_text(size(self._body.value or ""))

    async def _send(self) -> None:
        body = self._body.value or ""
        if body.strip() and await self._queue(body=body):
            self._body.set_value("")

    async def _queue(self, **what: str) -> bool:
        """The same key until the text is another: who clicks twice sends once."""
        said = {"leader": self._leader, "number": self._number, "key": self._key}
        if await self._asking.order("sms.reply", "", **said, **what) is None:
            return False
        self._key = _key()
        await self.after_sending()
        return True

    async def _list(self) -> None:
        try:
            found = await self._asking.ask("sms.canned", leader=self._leader)
        except RookeryError as error:
            ui.notify(told(error), type="negative")
            return
        self._menu.clear()
        with self._menu:
            for one in found:
                ui.menu_item(f"{one['name']}: {readable(one['body'])}", lambda name=one["name"]: self._canned(name))
            if not found:
                ui.menu_item("none yet: rookery sms canned set")
        self._menu.open()

    async def _canned(self, name: str) -> None:
        if await agreed(f"Send the answer “{name}”?", "Send"):
            await self._queue(canned=name)


def size(body: str) -> str:
    """`GSM-7, 1 segment`, with a carrier that does what most do; empty for nothing."""
    if not body:
        return ""
    choice = choose(body, USUAL)
    segments = fewest(choice, USUAL)
    return f"{CODINGS[choice.coding]}, {segments} segment{'s' if segments > 1 else ''}"


def _key() -> str:
    return f"console:{uuid.uuid4().hex}"
