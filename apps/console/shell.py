"""The frame around every page: name, menu, light or dark, whether it is live. Runs on the event loop, per visitor."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nicegui import ui

from actors.web.page import Page

CSS = (Path(__file__).parent / "console.css").read_text(encoding="utf-8")
THEME_COOKIE = "rookery_theme"
THEMES = {"auto": None, "light": False, "dark": True}
NEXT_THEME = {"auto": "dark", "dark": "light", "light": "auto"}
THEME_ICONS = {"auto": "brightness_auto", "dark": "dark_mode", "light": "light_mode"}


@contextmanager
def frame(page: Page, menu: tuple[Page, ...]) -> Iterator[None]:
    """Draw the frame; what is drawn inside the `with` is the page."""
    theme = ui.context.client.request.cookies.get(THEME_COOKIE, "auto")
    theme = theme if theme in THEMES else "auto"
    ui.add_head_html(f"<style>{CSS}</style>")
    ui.dark_mode(THEMES[theme])
    with ui.element("header").classes("rk-header"):
        ui.link("Rookery", "/").classes("rk-name")
        _menu(page, menu)
        _status(page, theme)
    with ui.element("main").classes("rk-main"):
        yield


def _menu(page: Page, menu: tuple[Page, ...]) -> None:
    with ui.element("nav").classes("rk-nav").props('aria-label="Pages"'):
        here = nearest(page, menu)
        for entry in menu:
            is_here = entry.path == here
            link = ui.link(target=entry.path).classes("rk-here" if is_here else "")
            if is_here:
                link.props('aria-current="page"')
            with link:
                ui.icon(entry.icon).props('aria-hidden="true"')
                ui.label(entry.title)


def nearest(page: Page, menu: tuple[Page, ...]) -> str | None:
    """The path in the menu under which the page stands: the longest that it is, or begins with."""
    above = [one.path for one in menu if one.path == page.path or (page.path + "/").startswith(one.path + "/")]
    return max(above, key=len, default=None)


def _status(page: Page, theme: str) -> None:
    with ui.element("div").classes("rk-status"):
        ui.element("span").classes("rk-live").props('role="status"')
        following = NEXT_THEME[theme]
        back = page.path if "{" not in page.path else "/"
        with ui.link(target=f"/theme?mode={following}&next={back}").props(f'title="Theme: {theme}. Next: {following}"'):
            ui.icon(THEME_ICONS[theme])
        with ui.link(target="/logout").props('title="Log out"'):
            ui.icon("logout")
