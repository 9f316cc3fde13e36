"""The internal team's web pages over everything that runs: a frame with a menu, and the live tree as its first page."""

from supervision.app import App

APP = App(
    name="console",
    routes="apps.console.menu:routes",
    pages="apps.console.tree_page:pages",
)
