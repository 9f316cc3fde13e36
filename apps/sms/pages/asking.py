"""How a page asks and orders: by the app's verbs, each in a bounded thread. Runs on the web server's event loop."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from actors.web.work import Work
from supervision.errors import RookeryError
from supervision.verbs import Site, collect

READ_SECONDS = 20.0
READERS = 8


class Asking:
    """One for all visitors."""

    def __init__(self, site: Site) -> None:
        self.settings = site.settings
        self._site = site
        self._verbs = collect(site.settings)
        self._work = Work(READERS, READ_SECONDS)

    async def ask(self, verb: str, **params: Any) -> Any:
        """Raises RookeryError: what the verb does, Busy, WorkTimeout."""
        found = self._verbs.find(verb)
        return await self._work.run(partial(found, self._site, params), name=verb)

    async def order(self, verb: str, done: str, **params: Any) -> Any:
        """The verb's answer, and `done` as a notice; None, and a notice of the fault, when it could not be done."""
        try:
            answer = await self.ask(verb, **params)
        except RookeryError as error:
            ui.notify(told(error), type="negative", multi_line=True)
            return None
        if done:
            ui.notify(done, type="positive")
        return answer


def told(error: RookeryError) -> str:
    return f"{error.title}: {error}"


def kept_fresh(
    refresh: Callable[[], Awaitable[None]], fault: ui.label, seconds: float
) -> Callable[[], Awaitable[None]]:
    """Refresh now and every so many seconds, as long as the visitor stays; `fault` says why it failed.

    What is returned refreshes at once.
    """

    async def turn() -> None:
        try:
            await refresh()
        except RookeryError as error:
            fault.set_text(told(error))
        else:
            fault.set_text("")

    ui.timer(seconds, turn)
    return turn


async def agreed(question: str, yes: str) -> bool:
    """Whether the visitor says so."""
    with ui.dialog() as dialog, ui.card():
        ui.label(question).classes("rk-plain").props('dir="auto"')
        with ui.row():
            ui.button("Go back", on_click=lambda: dialog.submit(False)).props("flat autofocus no-caps")
            ui.button(yes, on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
    answer = await dialog
    dialog.delete()
    return bool(answer)


async def reasoned(question: str, yes: str) -> str | None:
    """The reason that the visitor gives, which may be empty; None when it was taken back."""
    with ui.dialog() as dialog, ui.card():
        ui.label(question)
        reason = ui.input("Reason, for those who ask").props("dense outlined autofocus maxlength=200")
        with ui.row():
            ui.button("Go back", on_click=lambda: dialog.submit(None)).props("flat no-caps")
            ui.button(yes, on_click=lambda: dialog.submit(reason.value or "")).props("unelevated no-caps")
    answer = await dialog
    dialog.delete()
    return answer if isinstance(answer, str) else None
