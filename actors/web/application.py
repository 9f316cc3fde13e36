"""The one ASGI application of a root: guard, problem documents, health, API, login, and what the apps bring along.

Built anew for every incarnation of the server, in the actor's thread; served in the listener's thread.
"""

from fastapi import FastAPI

from actors.web import api, health, login, problem
from actors.web.config import ConsoleConfig
from actors.web.guard import Guard
from actors.web.limit import BodyLimit
from actors.web.work import Work
from supervision.verbs import Site, collect

DESCRIPTION = "An email dispatcher and SMS hub built as supervised actors."


def build(site: Site, config: ConsoleConfig, secret: str, port: int, work: Work) -> FastAPI:
    """The application for one incarnation. `secret` is the operator's token, `port` the one that was bound."""
    app = FastAPI(
        title="Rookery",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    cookie = login.cookie_name(port)
    problem.install(app)
    app.add_middleware(BodyLimit, max_bytes=config.max_body_bytes)
    app.add_middleware(Guard, names=config.names, secret=secret, cookie=cookie)
    app.add_middleware(problem.CatchAll)
    app.include_router(health.router(site, work))
    app.include_router(login.router(secret, cookie))
    app.include_router(api.router(site, collect(site.settings), work))
    _include_apps(app, site)
    return app


def _include_apps(app: FastAPI, site: Site) -> None:
    for record in site.settings.apps:
        if (routes := record.load("routes")) is not None:
            app.include_router(routes(site))
