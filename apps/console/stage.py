"""NiceGUI inside a server that stops and starts again: everything it keeps per process is opened and closed here.

NiceGUI is made for one run per process. Its application object, event loop, socket server and registry of browsers are
module globals, and its own start-up adds handlers each time. So this module uses NiceGUI's parts, not `ui.run_with`: on
start it points them at the running loop, on stop it takes everything back to how an import left it. Pages are mounted
one by one as routes of ours, so a path nobody knows gets our 404 and a stopped console serves nothing.

Runs on the web server's event loop. Not guaranteed: two servers of one process at the same time; the second one to
start takes the globals over (`tests/apps/console/test_stage.py` would notice a NiceGUI that needs more).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import APIRouter, FastAPI
from nicegui import Client, __version__, core, ui
from nicegui.slot import Slot
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from actors.web.guard import Locked
from actors.web.page import Page
from actors.web.style import ICON

TITLE = "Rookery"
RECONNECT_SECONDS = 5.0
# NiceGUI compiles its templates in the browser, so inline scripts and eval must be allowed; nothing from elsewhere is.
POLICY = (
    b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self' data:; frame-src 'self'; object-src 'none'; form-action 'self'; "
    b"base-uri 'self'; frame-ancestors 'none'"
)
# What NiceGUI serves besides pages: scripts and styles over HTTP, events over a websocket (or polling without one).
ASSETS = "/_nicegui/{rest:path}"
VERSIONED = f"/_nicegui/{__version__}/"
SOCKET = "/_nicegui_ws/{rest:path}"


def router(pages: Iterable[Page]) -> APIRouter:
    """Routes for the pages and for what their browsers load; its lifespan opens and closes the stage."""
    paths = [_register(page) for page in pages]
    stage = Locked(_with_policy)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _open()
        try:
            yield
        finally:
            await _close(paths)

    routes = APIRouter(lifespan=lifespan, include_in_schema=False)
    for path in (*paths, ASSETS):
        routes.routes.append(Route(path, stage, methods=["GET"]))
    routes.routes.append(Route(SOCKET, stage, methods=["GET", "POST", "OPTIONS"]))
    routes.routes.append(WebSocketRoute(SOCKET, stage))
    return routes


async def _with_policy(scope: Scope, receive: Receive, send: Send) -> None:
    """NiceGUI's application, whose answers say where a page may load from and what a browser may keep."""
    is_asset = scope["path"].startswith(VERSIONED) and "/dynamic_resources/" not in scope["path"]

    async def send_with_policy(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(b"content-security-policy", POLICY)]
            if is_asset and message["status"] == HTTPStatus.OK:
                added.append((b"cache-control", b"private, max-age=604800"))
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    await core.app(scope, receive, send_with_policy)


def _register(page: Page) -> str:
    """Make NiceGUI build `page` for a visitor; a page of an earlier run at the same path is replaced."""
    ui.page(page.path, title=f"{page.title} - {TITLE}", favicon=ICON)(page.build)
    return page.path


def _open() -> None:
    _configure()
    core.loop = asyncio.get_running_loop()
    core.app.start()


def _configure() -> None:
    core.app.config.add_run_config(
        reload=False,
        title=TITLE,
        viewport="width=device-width, initial-scale=1",
        favicon=None,
        dark=None,
        language="en-US",
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_SECONDS,
        message_history_length=200,
        tailwind=False,
        unocss=None,
        prod_js=True,
        show_welcome_message=False,
        markdown=False,
    )
    core.app.colors(primary="#2f5fb3", positive="#1b7f4b", negative="#b3261e")
    core.sio.eio.ping_interval = RECONNECT_SECONDS * 0.8
    core.sio.eio.ping_timeout = RECONNECT_SECONDS * 0.4


async def _close(paths: Iterable[str]) -> None:
    """Let go of every page, browser, task and handler of this run."""
    await _hang_up()
    for client in list(Client.instances.values()):
        client.delete()
    await core.app.stop()
    core.app._shutdown_handlers.clear()
    core.app._startup_handlers.clear()
    for path in paths:
        core.app.remove_route(path)
    Client.page_routes.clear()
    Slot.stacks.clear()
    core.loop = None


async def _hang_up() -> None:
    """Close the sockets, end the task that watches them, and let the next run start a new one."""
    server = core.sio.eio
    for socket_id in list(server.sockets):
        await server.disconnect(socket_id)
    await core.sio.shutdown()
    server.sockets.clear()
    server.service_task_event = None
    server.start_service_task = True
