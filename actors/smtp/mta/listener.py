"""The thread in which the embedded server takes connections: one asyncio event loop, started and stopped from outside.

`start` and `stop` are for the actor's thread, `interrupt` for any; what is `async` runs in the loop's own.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from weakref import WeakSet

from actors.smtp.mta.errors import ListenerEnded, ListenFailed
from actors.smtp.mta.protocol import Protocol

Connect = Callable[[], Protocol]
BACKLOG = 512


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ListenFailed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenFailed(f"mta.host {host}: {error}", field="mta.host") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ListenFailed(f"{host}:{port} cannot be listened on: {error.strerror}", field="mta.port") from error
    return listening


class Listener:
    """One run of the server. `ended` is called in its thread when it ends untold."""

    def __init__(
        self,
        listening: socket.socket,
        prepare: Callable[[asyncio.AbstractEventLoop, Executor], Connect],
        ended: Callable[[BaseException], object],
    ) -> None:
        """`prepare` runs once in the loop and returns what makes the protocol of each connection."""
        self._listening = listening
        self._prepare = prepare
        self._ended = ended
        self._ready: Future[None] = Future()
        self._told = threading.Event()
        self._wake: Callable[[], object] = lambda: None
        self._protocols: WeakSet[Protocol] = WeakSet()
        self._thread = threading.Thread(target=self._run, name="mta-loop", daemon=True)

    def start(self, timeout_seconds: float) -> None:
        """Returns when connections are taken. Raises ListenerEnded."""
        self._thread.start()
        try:
            self._ready.result(timeout_seconds)
        except Exception as error:
            raise ListenerEnded(f"the embedded mail server did not begin to listen: {error!r}") from error

    def stop(self, timeout_seconds: float) -> bool:
        """Cut every connection and end the thread; True when it has ended within the time."""
        self.interrupt()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        self._listening.close()
        return not self._thread.is_alive()

    def interrupt(self) -> None:
        """Tell the loop to end, without waiting for it."""
        self._told.set()
        with suppress(RuntimeError):  # the loop has ended already
            self._wake()

    def _run(self) -> None:
        try:
            # The executor outlives the loop: a commit under way when the loop ends is finished.
            with ThreadPoolExecutor(1, "mta-store") as executor:
                asyncio.run(self._serve(executor))
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            elif not self._told.is_set():
                self._ended(error)

    async def _serve(self, executor: Executor) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        self._wake = lambda: loop.call_soon_threadsafe(stop.set)
        connect = self._prepare(loop, executor)
        server = await loop.create_server(lambda: self._remember(connect()), sock=self._listening)
        self._ready.set_result(None)
        while not self._told.is_set():
            await stop.wait()
        server.close()
        await self._hang_up()

    def _remember(self, protocol: Protocol) -> Protocol:
        self._protocols.add(protocol)
        return protocol

    async def _hang_up(self) -> None:
        for protocol in list(self._protocols):
            if isinstance(protocol.transport, asyncio.Transport):
                protocol.transport.abort()
        # Aborted transports tell their protocols in the next turn of the loop.
        await asyncio.sleep(0)
