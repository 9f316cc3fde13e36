"""A TCP relay in front of a server: it can go silent, cut its connections, or be slow. Two threads per connection."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65536
PATIENCE_SECONDS = 10.0


class Relay:
    """Listens on `port` of loopback and forwards to `target` until it is closed."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.delay_seconds = 0.0
        self.accepted = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closed = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._sockets: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, name="relay")]
        self._threads[0].start()

    def url(self, url: str) -> str:
        """The URL of the server, led through here."""
        return url.replace(f":{self.target}/", f":{self.port}/")

    def silence(self) -> None:
        """From now on nothing arrives, in neither direction, and nobody is told; new connections get no further."""
        self._flowing.clear()

    def resume(self) -> None:
        """What was sent meanwhile arrives, as after a partition of the network."""
        self._flowing.set()

    def cut(self) -> int:
        """Reset all connections, as a firewall does; how many there were."""
        sockets, self._sockets = self._sockets, set()
        for one in sockets:
            with suppress(OSError):
                # Zero seconds of lingering: the peer gets a reset instead of an orderly end.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)
            one.close()
        return len(sockets) // 2

    def close(self) -> None:
        self._closed.set()
        _end(self._listener)
        self.cut()
        self._flowing.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._closed.is_set():
                self._flowing.wait()
                client, _ = self._listener.accept()
                self._flowing.wait()
                self.accepted += 1
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), PATIENCE_SECONDS)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        self._sockets |= {client, server}
        for source, sink in ((client, server), (server, client)):
            thread = threading.Thread(target=self._pump, args=(source, sink), name="relay")
            self._threads.append(thread)
            thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flowing.wait()
                self._closed.wait(self.delay_seconds)
                sink.sendall(data)
        for one in self._sockets & {source, sink}:
            self._sockets.discard(one)
            _end(one)


def _end(one: socket.socket) -> None:
    """Whoever waits on it wakes up."""
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def relay(target: int) -> Iterator[Relay]:
    """In front of the server at this loopback port, as long as the `with` lasts."""
    one = Relay(target)
    try:
        yield one
    finally:
        one.close()
