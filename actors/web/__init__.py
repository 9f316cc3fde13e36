"""The one web server of a root: health, metrics, API, what apps bring along, and the console's pages."""

from supervision.app import App

APP = App(
    name="web",
    section="console",
    config="actors.web.config:ConsoleConfig",
    supervisor="actors.web.server:supervisor",
)
