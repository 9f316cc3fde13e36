"""The root's side of the control socket, served by whoever calls `turn`: the root's main thread.

Quick requests are answered right there, all others by a bounded number of short-lived daemon threads, so neither a
hanging actor nor a slow, silent or vanished client holds up anybody else. A thread that never returns keeps its place;
once all places are taken, only quick requests are still answered.
"""

import contextlib
import logging
import os
import queue
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervision.control import wire
from supervision.control.connection import Connection
from supervision.errors import RookeryError

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 128
MAX_THREADS = 8
#: Seconds after which a client that neither asks nor reads is dropped.
QUIET_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """What a request comes to. `quick` promises that `run` never waits for anything."""

    run: Callable[[], Any]
    quick: bool


class Server:
    """Listens from construction to `close`. `resolve` turns a request into a job, or raises a RookeryError."""

    def __init__(self, home: Path, resolve: Callable[[wire.Request], Job]) -> None:
        self._home = home
        self._resolve = resolve
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._pending: deque[tuple[Connection, Job]] = deque()
        self._answers: queue.SimpleQueue[tuple[Connection, bytes]] = queue.SimpleQueue()
        self._working = 0
        self._listener = _listen(home)
        self.watch(self._listener, self._accept)
        self._awake, self._waker = socket.socketpair()
        self._awake.setblocking(False)
        self._waker.setblocking(False)
        self.watch(self._awake, self._woken)

    def watch(self, source: socket.socket, callback: Callable[[], None]) -> None:
        """Call back, within `turn`, whenever `source` can be read."""
        self._selector.register(source, selectors.EVENT_READ, callback)

    def turn(self, timeout: float) -> None:
        """Serve whatever is there; wait at most `timeout` seconds for something to be there."""
        for key, events in self._selector.select(timeout):
            if isinstance(key.data, Connection):
                self._serve(key.data, events)
            else:
                key.data()
        self._start_threads()
        self._drop_quiet(time.monotonic() - QUIET_SECONDS)

    def wake(self) -> None:
        """Let `turn` return soon. Any thread."""
        try:
            self._waker.send(b"x")
        except (BlockingIOError, OSError):
            return  # already full of wake-ups, or closed

    def close(self) -> None:
        """Hang up on everybody and remove the socket. Replies not yet written are lost."""
        for connection in list(self._connections):
            self._flush(connection)
            self._drop(connection)
        self._selector.close()
        for end in (self._listener, self._awake, self._waker):
            end.close()
        (self._home / wire.SOCKET_NAME).unlink(missing_ok=True)

    # --- connections --------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # the client has gone again, or this process has no file descriptor left
            self._make_room()
            return
        if len(self._connections) >= MAX_CONNECTIONS and not self._make_room():
            client.close()
            return
        client.setblocking(False)
        connection = Connection(client, time.monotonic())
        self._connections.add(connection)
        self._wait_for(connection)

    def _make_room(self) -> bool:
        idle = [connection for connection in self._connections if not connection.answering]
        if idle:
            self._drop(min(idle, key=lambda connection: connection.quiet_since))
        return bool(idle)

    def _serve(self, connection: Connection, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                connection.read(time.monotonic())
            if events & selectors.EVENT_WRITE:
                connection.write(time.monotonic())
        except OSError:
            self._drop(connection)
            return
        except RookeryError as error:
            connection.reply(wire.encode({"error": wire.error_document(error)}))
            connection.received.clear()
            connection.finished = True
        self._advance(connection)

    def _advance(self, connection: Connection) -> None:
        """Take the next request, if any, and tell the selector what to wait for."""
        line = connection.next_line()
        if line is not None:
            self._take(connection, line)
        if connection.done:
            self._drop(connection)
        else:
            self._wait_for(connection)

    def _wait_for(self, connection: Connection) -> None:
        known = connection.socket in self._selector.get_map()
        if connection.interest and known:
            self._selector.modify(connection.socket, connection.interest, connection)
        elif connection.interest:
            self._selector.register(connection.socket, connection.interest, connection)
        elif known:
            self._selector.unregister(connection.socket)

    def _drop_quiet(self, before: float) -> None:
        for connection in list(self._connections):
            if connection.quiet_since < before and not connection.answering:
                self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection.socket in self._selector.get_map():
            self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        connection.socket.close()

    def _flush(self, connection: Connection) -> None:
        if connection.outgoing:
            try:
                connection.write(time.monotonic())
            except OSError:
                return

    # --- requests -----------------------------------------------------------------------------------------------------

    def _take(self, connection: Connection, line: bytes) -> None:
        try:
            job = self._resolve(wire.decode_request(line))
        except Exception as error:
            connection.reply(_failure(error))
            return
        if job.quick:
            connection.reply(_answer(job))
            return
        connection.answering = True
        self._pending.append((connection, job))

    def _start_threads(self) -> None:
        while self._pending and self._working < MAX_THREADS:
            self._working += 1
            threading.Thread(target=self._work, args=self._pending.popleft(), name="control verb", daemon=True).start()

    def _work(self, connection: Connection, job: Job) -> None:
        """Runs in a thread of its own."""
        self._answers.put((connection, _answer(job)))
        self.wake()

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._awake.recv(4096)
        while not self._answers.empty():
            connection, line = self._answers.get()
            self._working -= 1
            connection.quiet_since = time.monotonic()
            connection.reply(line)
            if connection in self._connections:
                self._advance(connection)


def _answer(job: Job) -> bytes:
    try:
        return wire.encode({"ok": job.run()})
    except BaseException as error:  # a verb that calls sys.exit must not leave its client waiting
        return _failure(error)


def _failure(error: BaseException) -> bytes:
    if not isinstance(error, RookeryError):
        logger.error("a control request failed", exc_info=error)
    return wire.encode({"error": wire.error_document(error)})


def _listen(home: Path) -> socket.socket:
    """The caller holds the home's lock, so a socket that is already there belongs to a root that was killed."""
    (home / wire.SOCKET_NAME).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with wire.address(home) as address:
        listener.bind(address)
        # Nobody can connect before `listen`, so there is no moment at which others could get in.
        os.chmod(address, 0o600)
    listener.listen(MAX_CONNECTIONS)
    listener.setblocking(False)
    return listener
