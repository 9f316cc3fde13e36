"""NiceGUI in a server that restarts: pages after each start, nothing of it left after each stop."""

import re
import threading
from pathlib import Path

import pytest
from nicegui import Client, background_tasks, core
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from supervision import RestartChild, TerminateChild
from tests.actors.web.serving import PATIENCE_SECONDS, Served, serving

CONSOLE = "apps.console"
HTML = {"Accept": "text/html"}


def stop(served: Served) -> None:
    served.running.system.address("/web").call(TerminateChild("server"), timeout=PATIENCE_SECONDS)


def start(served: Served) -> None:
    served.running.system.address("/web").call(RestartChild("server"), timeout=PATIENCE_SECONDS)


def footprint() -> tuple[int, ...]:
    """What NiceGUI keeps per process and would let grow."""
    return (
        len(Client.instances),
        len(Client.page_routes),
        len(background_tasks.running_tasks),
        len(core.sio.eio.sockets),
        len(core.app._shutdown_handlers),
        len(core.app._startup_handlers),
        len(core.app.routes),
    )


def test_pages_are_there_after_every_restart_and_nothing_adds_up(tmp_path: Path) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        threads = threading.active_count()
        prints = set()
        for _ in range(5):
            page = served.client.get("/", headers=served.operator | HTML)
            assert page.status_code == 200
            assert "<title>Tree - Rookery</title>" in page.text
            stop(served)
            prints.add(footprint())
            start(served)
        assert threading.active_count() == threads
        assert len(prints) == 1
        assert prints.pop()[:6] == (0, 0, 0, 0, 0, 0)


def socket_of(served: Served, headers: dict[str, str]) -> ClientConnection:
    """What a page's script opens: engine.io over a websocket."""
    address = served.url.replace("http://", "ws://") + "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    return connect(address, additional_headers=headers, proxy=None, open_timeout=PATIENCE_SECONDS)


def test_an_open_page_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    """With a live websocket; its client sees it close."""
    with serving(tmp_path, [CONSOLE]) as served, socket_of(served, served.operator) as browser:
        assert str(browser.recv(PATIENCE_SECONDS)).startswith("0{")
        browser.send("40")
        assert str(browser.recv(PATIENCE_SECONDS)).startswith("40{")
        assert len(core.sio.eio.sockets) == 1
        stop(served)
        with pytest.raises(ConnectionClosed):
            while True:
                browser.recv(PATIENCE_SECONDS)
        assert served.row("/web/server").last_reason == "shutdown"
        assert footprint()[:4] == (0, 0, 0, 0)


@pytest.mark.parametrize("path", ["/", "/_nicegui/x/static/nicegui.js", "/_nicegui_ws/socket.io/?transport=polling"])
def test_without_the_token_nothing_is_served(tmp_path: Path, path: str) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        assert served.client.get(path).status_code == 401
        browser = served.client.get(path, headers=HTML)
        assert (browser.status_code, browser.headers["location"].partition("=")[0]) == (303, "/login?next")


def test_a_websocket_without_the_token_or_from_another_site_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        for headers in ({}, served.operator | {"Origin": "http://evil.example"}):
            with pytest.raises(InvalidStatus) as refused, socket_of(served, headers):
                pass
            assert refused.value.response.status_code == 403


def test_a_page_may_load_from_nowhere_else(tmp_path: Path) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        policy = served.client.get("/", headers=served.operator).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


def test_scripts_are_kept_by_the_browser_and_pages_are_not(tmp_path: Path) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        page = served.client.get("/", headers=served.operator)
        assert page.headers["cache-control"] == "no-store"
        script = re.search(r'"(/_nicegui/[^"]+/index\.js)"', page.text)
        assert script is not None
        assert "max-age" in served.client.get(script[1], headers=served.operator).headers["cache-control"]


def test_the_theme_is_kept_in_a_cookie(tmp_path: Path) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        answer = served.client.get("/theme", params={"mode": "dark", "next": "//evil.example"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "rookery_theme=dark" in answer.headers["set-cookie"]
        assert "set-cookie" not in served.client.get("/theme", params={"mode": "\r\nx"}).headers
        page = served.client.get("/", headers=served.operator | {"Cookie": "rookery_theme=dark"})
        assert "const dark = True" in page.text or '"value":true' in page.text


def test_a_path_nobody_knows_is_our_404(tmp_path: Path) -> None:
    with serving(tmp_path, [CONSOLE]) as served:
        answer = served.client.get("/nowhere", headers=served.operator | HTML)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
