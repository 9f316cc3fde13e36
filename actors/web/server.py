"""The web server as an actor: owns the listening socket and the thread that serves it; restarts like any child.

Runs in its own thread, which only waits for messages; requests are served by the listener's thread. Announces
`web.url` in the system's facts and in `<home>/web.json`. Not guaranteed: connections do not survive a restart, browsers
reconnect by themselves.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.web import listener, token
from actors.web.application import build
from actors.web.config import ConsoleConfig
from actors.web.errors import ServerEnded
from actors.web.work import Work
from supervision import Actor, Backoff, ChildSpec, Supervisor
from supervision.config import Settings
from supervision.reasons import Reason
from supervision.verbs import Site

logger = logging.getLogger(__name__)

URL_FACT = "web.url"
PORT_FACT = "web.port"
FILE = "web.json"
START_SECONDS = 15.0
STOP_SECONDS = 4.0
JOIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Ended:
    """The listener's thread has ended."""

    error: Exception | None


class WebServer(Actor):
    """Serves one application on one socket. A first start that fails fails the root: nobody could see what it does."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.config: ConsoleConfig = settings.section("console")
        self.work = Work(self.config.verb_threads, self.config.verb_timeout_seconds)
        self.listener: listener.Listener | None = None

    def on_start(self) -> None:
        """Raises PortInUse, ListenFailed, ServerEnded, ConfigError."""
        listening = listener.bind(self.config.host, self._port())
        try:
            port = listening.getsockname()[1]
            secret = token.load(self.settings.home)
            app = build(Site(self.context.system, self.settings), self.config, secret, port, self.work)
            self.listener = listener.Listener(app, listening, f"{self.context.path} uvicorn", self._listener_ended)
        except BaseException:
            listening.close()
            raise
        self.on_break(self.listener.close)
        self.listener.start(START_SECONDS)
        self._publish_address(listener.url(listening), port)

    def _port(self) -> int:
        """The configured port; when any will do, the one that was taken at first, so that addresses stay valid."""
        return self.config.port or int(self.context.system.facts.get(PORT_FACT, "0"))

    def _publish_address(self, url: str, port: int) -> None:
        self.context.system.facts[PORT_FACT] = str(port)
        self.context.system.facts[URL_FACT] = url
        write_url(self.settings.home / FILE, url)

    def _listener_ended(self, error: Exception | None) -> None:
        self.send_after(0.0, Ended(error))

    def on_receive(self, message: Any) -> None:
        match message:
            case Ended(error):
                raise ServerEnded(f"the thread that serves HTTP ended: {error or 'nobody told it to'}") from error
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        """Raises ServerEnded when the listener's thread could not be stopped; the port is free all the same."""
        self.context.system.facts.pop(URL_FACT, None)
        (self.settings.home / FILE).unlink(missing_ok=True)
        stopped = self.listener is None or self.listener.stop(STOP_SECONDS)
        for name in self.work.join(JOIN_SECONDS):
            logger.warning("%s still runs; its caller was told that it may still take effect", name)
        if not stopped:
            raise ServerEnded("the thread that serves HTTP does not end: a page or a route blocks the event loop")


def write_url(path: Path, url: str) -> None:
    """Tell programs on this machine where to look; replaced whole, so nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps({"url": url}) + "\n", encoding="utf-8")
    os.replace(draft, path)


def supervisor(settings: Settings) -> ChildSpec:
    """The web server under a supervisor of its own, so that its restarts cost the root nothing."""
    server = ChildSpec(
        id="server",
        actor=WebServer,
        args=(settings,),
        shutdown=STOP_SECONDS + 2.0,
        start_timeout=START_SECONDS + 5.0,
        backoff=Backoff(min_seconds=0.2, max_seconds=15.0),
    )
    return Supervisor.spec("web", [server], intensity=10, period=60.0)
