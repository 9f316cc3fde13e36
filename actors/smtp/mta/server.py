"""The actor that owns the embedded mail server: its socket, its event-loop thread and the file of kept mails.

The actor's own thread only starts, watches and stops. It announces "host:port" as the fact `mta.address`; a port taken
once is kept over restarts, so that senders find it again. Connections in the middle of a mail are cut at a stop.
"""

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.smtp.mta.behaviour import Behaviour
from actors.smtp.mta.config import MtaConfig
from actors.smtp.mta.errors import ListenerEnded, ListenFailed
from actors.smtp.mta.handler import Authenticator, GroupCommit, Handler
from actors.smtp.mta.listener import Connect, Listener, bind
from actors.smtp.mta.protocol import Protocol
from actors.smtp.mta.store import Store, store_path
from actors.smtp.sender import MTA_ADDRESS
from supervision import Actor, Backoff, ChildSpec, Ignore, Reason, Supervisor
from supervision.config import Settings
from supervision.verbs import Probe, Site

PATH = "/mta/server"
START_SECONDS = 5.0
STOP_SECONDS = 3.0
IDLE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Ended:
    """To itself: the thread of the event loop is gone."""

    error: BaseException


class Mta(Actor):
    """The embedded mail server."""

    def __init__(
        self, config: MtaConfig, home: Path, counts: Counter[str] | None = None, behaviour: Behaviour | None = None
    ) -> None:
        """`counts`: mails by what became of them; `behaviour`: the rules. Pass them in to keep them over restarts."""
        super().__init__()
        self.behaviour = Behaviour(config.behaviour, config.seed) if behaviour is None else behaviour
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._config = config
        self._home = home
        self._store: Store | None = None
        self._listener: Listener | None = None

    def on_start(self) -> None:
        if not self._config.enabled:
            raise Ignore
        tls = tls_context(self._config)
        self._store = Store(store_path(self._home), durable=self._config.durable, most=self._config.keep_mails)
        listening = bind(self._config.host, self._port())
        self._listener = Listener(listening, self._preparation(self._store, tls), self._loop_ended)
        self.on_break(self._listener.interrupt)
        self._listener.start(START_SECONDS)
        self.context.system.facts[MTA_ADDRESS] = _address(listening)

    def on_receive(self, message: Any) -> None:
        match message:
            case Ended(error):
                raise ListenerEnded(f"the embedded mail server ended: {error!r}") from error
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        """Raises ListenerEnded when the thread could not be stopped."""
        stopped = self._listener is None or self._listener.stop(STOP_SECONDS)
        if self._store is not None:
            self._store.close()
        if not stopped:
            raise ListenerEnded(f"the thread of the embedded mail server did not end within {STOP_SECONDS:g} s")

    def _port(self) -> int:
        """The configured port; when any will do, the one that was taken at first."""
        taken = self.context.system.facts.get(MTA_ADDRESS, ":0")
        return self._config.port or int(taken.rpartition(":")[2])

    def _loop_ended(self, error: BaseException) -> None:
        self.send_after(0, Ended(error))

    def _preparation(
        self, store: Store, tls: ssl.SSLContext | None
    ) -> Callable[[asyncio.AbstractEventLoop, Executor], Connect]:
        """What the loop calls once it runs."""
        config = self._config

        def prepare(loop: asyncio.AbstractEventLoop, executor: Executor) -> Connect:
            handler = Handler(GroupCommit(store.add, executor), self.behaviour, self.counts)
            options = protocol_options(config, tls)
            return lambda: Protocol(handler, loop=loop, **options)

        return prepare


def protocol_options(config: MtaConfig, tls: ssl.SSLContext | None) -> dict[str, Any]:
    """aiosmtpd's arguments."""
    options: dict[str, Any] = {
        "hostname": socket.gethostname(),
        "ident": "Rookery",
        "data_size_limit": config.max_message_bytes,
        "enable_SMTPUTF8": True,
        "timeout": IDLE_SECONDS,
        "tls_context": tls,
        "require_starttls": config.require_tls,
    }
    if config.user is not None and config.password is not None:
        options["authenticator"] = Authenticator(config.user, config.password.get_secret_value())
        options["auth_required"] = True
    return options


def tls_context(config: MtaConfig) -> ssl.SSLContext | None:
    """Raises ListenFailed when certificate or key cannot be used."""
    if config.certificate is None or config.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.certificate, config.key)
    except (OSError, ssl.SSLError) as error:
        raise ListenFailed(f"mta.certificate {config.certificate}: cannot be used: {error}") from error
    return context


def supervisor(settings: Settings) -> ChildSpec:
    """The server under a supervisor of its own, so that its restarts cost the root nothing."""
    config: MtaConfig = settings.section("mta")
    server = ChildSpec(
        id="server",
        actor=Mta,
        args=(config, settings.home, Counter(), Behaviour(config.behaviour, config.seed)),
        start="eventual",
        start_timeout=START_SECONDS + 5.0,
        shutdown=STOP_SECONDS + 2.0,
        backoff=Backoff(min_seconds=0.1, max_seconds=10.0),
    )
    return Supervisor.spec("mta", [server], intensity=10, period=60.0)


def probes(site: Site) -> tuple[Probe, ...]:
    """For /readyz."""
    return (Probe("mta", lambda: _why_not(site)),)


def _why_not(site: Site) -> str | None:
    if not site.settings.section("mta").enabled:
        return None
    status = site.system.whereis(PATH)
    return None if status is not None and status.state == "running" else "the embedded mail server is not running"


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
