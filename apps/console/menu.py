"""Collects the pages of all apps into one menu and hands them to the stage, each inside the console's frame.

Runs in the web server actor's thread, before the server listens.
"""

import functools
from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from actors.web.login import local_path
from actors.web.page import Page
from apps.console import shell, stage
from supervision.verbs import Site


def routes(site: Site) -> APIRouter:
    """The console: every page of every listed app, in the order of the list, the tree first."""
    pages = collect(site)
    menu = tuple(page for page in pages if page.in_menu)
    router = stage.router(replace(page, build=framed(page, menu)) for page in pages)
    router.add_api_route("/theme", theme, response_class=RedirectResponse, response_model=None)
    return router


def collect(site: Site) -> list[Page]:
    """The pages of all records; the one at "/" comes first, for it is where people arrive."""
    pages = [page for app in site.settings.apps if (make := app.load("pages")) for page in make(site)]
    return sorted(pages, key=lambda page: page.path != "/")


def framed(page: Page, menu: tuple[Page, ...]) -> Callable[..., object]:
    """`page.build` drawn inside the frame; its signature stays, because NiceGUI reads parameters from it."""

    @functools.wraps(page.build)
    def build(*args: object, **kwargs: object) -> None:
        with shell.frame(page, menu):
            page.build(*args, **kwargs)

    return build


async def theme(mode: str = "auto", next: str = "/") -> RedirectResponse:
    """Remember light or dark in a cookie that only this page reads, and go back."""
    response = RedirectResponse(local_path(next), 303)
    if mode in shell.THEMES:
        response.set_cookie(shell.THEME_COOKIE, mode, max_age=365 * 24 * 3600, httponly=True, samesite="strict")
    return response
