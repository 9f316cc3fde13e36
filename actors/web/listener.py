"""uvicorn in a thread of its own: bound before it starts, known to answer before it counts as started, stopped in time.

`bind`, `start`, `stop` and `close` are for the actor's thread. Not guaranteed: a page or route that blocks the event
loop cannot be interrupted; then `stop` says so, the port is freed all the same, and the thread stays behind.
"""

import contextlib
import errno
import http.client
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from actors.web.errors import ListenFailed, PortInUse, ServerEnded

GRACE_SECONDS = 1.0
MAX_FRAME_BYTES = 1_048_576
EADDRINUSE_HINT = "stop whoever listens there, or choose another with --set console.port=N (0 takes any free one)"


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortInUse, ListenFailed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenFailed(f"console.host {host}: {error}", field="console.host") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(512)
    except OSError as error:
        listening.close()
        raise _bind_error(host, port, error) from error
    return listening


def _bind_error(host: str, port: int, error: OSError) -> Exception:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(f"{host}:{port} is taken; {EADDRINUSE_HINT}", field="console.port")
    return ListenFailed(f"cannot listen on {host}:{port}: {error.strerror}", field="console.host")


class Server(uvicorn.Server):
    """uvicorn's server that tells when it has begun to accept connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()


class Listener:
    """One run of the server. `ended` is called in its thread, with the error if any, when it ends untold."""

    def __init__(self, app: ASGIApp, listening: socket.socket, name: str, ended: Callable[[Exception | None], None]):
        config = uvicorn.Config(
            app,
            loop="asyncio",
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws_max_size=MAX_FRAME_BYTES,
            timeout_graceful_shutdown=GRACE_SECONDS,  # type: ignore[arg-type]  # typed int, handed to wait_for
        )
        self._server = Server(config)
        self._listening = listening
        self._ended = ended
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._error: Exception | None = None
        self._told = False

    def start(self, timeout_seconds: float) -> None:
        """Start serving; returns when a request over the socket was answered. Raises ServerEnded."""
        self._thread.start()
        for _ in range(int(timeout_seconds / 0.05) + 1):
            if self._server.accepting.wait(0.05) or not self._thread.is_alive():
                break
        if not self._server.accepting.is_set():
            raise ServerEnded(f"the web server did not begin to accept connections: {self._error or 'timed out'}")
        answers(self._listening, timeout_seconds)

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listening])
        except Exception as error:
            self._error = error
        except BaseException as error:  # uvicorn ends a failed start with SystemExit
            self._error = ServerEnded(f"the web server gave up: {error!r}; the log has the reason")
        if not self._told:
            self._ended(self._error)

    def stop(self, timeout_seconds: float) -> bool:
        """Close every connection and end the thread; True when it has ended within the time."""
        self._told = True
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        self.close()
        return not self._thread.is_alive()

    def close(self) -> None:
        """Free the port, whatever the thread does. Any thread; the breaker."""
        self._told = True
        self._server.should_exit = True
        self._server.force_exit = True
        with contextlib.suppress(OSError):
            self._listening.close()


def answers(listening: socket.socket, timeout_seconds: float) -> None:
    """Ask the server for its health over its own socket; any HTTP answer will do. Raises ServerEnded."""
    host, port = local_address(listening)
    connection = http.client.HTTPConnection(host, port, timeout=timeout_seconds)
    try:
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise ServerEnded(f"the web server listens on {host}:{port} but does not answer: {error}") from error
    finally:
        connection.close()


def local_address(listening: socket.socket) -> tuple[str, int]:
    """Where this machine reaches the socket: loopback when it listens everywhere."""
    host, port = listening.getsockname()[:2]
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return everywhere.get(host, host), port


def url(listening: socket.socket) -> str:
    """`http://127.0.0.1:8080`, as a browser on this machine would write it."""
    host, port = local_address(listening)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
