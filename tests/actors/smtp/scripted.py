"""A mail server that says exactly what a test tells it to: the script is a function that talks to one peer.

Each connection runs the next script in a thread of its own; `with` waits for all of them and raises what they raised.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from actors.smtp import Envelope
from actors.smtp.url import MailUrl, parse_url

PATIENCE_SECONDS = 10.0


class HungUp(Exception):
    """The client left while the script had more to hear."""


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_SECONDS)
        self.socket = connection
        self._unread = b""

    def say(self, *lines: str) -> None:
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self, expected: str = "") -> str:
        """The next line; fails when it does not begin with `expected`."""
        line = self._until(b"\r\n").decode()
        assert line.startswith(expected), f"heard {line!r}, expected {expected!r}"
        return line

    def hear_content(self) -> bytes:
        """What follows a 354, without the final dot; empty when there was nothing but the dot."""
        self._unread = b"\r\n" + self._unread
        return (self._until(b"\r\n.\r\n") + b"\r\n")[2:]

    def greet(self, *extensions: str) -> None:
        """The usual beginning."""
        self.say("220 scripted ready")
        self.hear("EHLO")
        self.say(*_listed("250", "scripted", *extensions))

    def take_opening(self, recipients: int = 1) -> None:
        """A group of MAIL, RCPT, DATA, all welcome."""
        for command in ("MAIL", *["RCPT"] * recipients):
            self.hear(command)
            self.say("250 2.0.0 ok")
        self.hear("DATA")
        self.say("354 go on")

    def take_mail(self, recipients: int = 1) -> bytes:
        self.take_opening(recipients)
        content = self.hear_content()
        self.say("250 2.0.0 taken")
        return content

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def hear_the_end(self) -> bytes:
        """Everything until the other side closes."""
        rest, self._unread = self._unread, b""
        with suppress(ConnectionError):  # leaving without having read everything resets the connection
            while octets := self.socket.recv(65536):
                rest += octets
        return rest

    def hang_up(self) -> None:
        self.socket.close()

    def _until(self, end: bytes) -> bytes:
        while end not in self._unread:
            octets = self.socket.recv(65536)
            if not octets:
                raise HungUp(f"unread: {self._unread!r}")
            self._unread += octets
        found, _, self._unread = self._unread.partition(end)
        return found


Script = Callable[[Peer], object]


class ScriptedServer:
    """Listens on a free port of loopback."""

    def __init__(self, scripts: Sequence[Script]) -> None:
        self._scripts = list(scripts)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._errors: list[BaseException] = []
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, name="scripted")
        self._acceptor.start()

    def url(self, options: str = "starttls=never", credentials: str = "", scheme: str = "smtp") -> MailUrl:
        return parse_url(f"{scheme}://{credentials}localhost:{self.port}?{options}")

    def finish(self) -> None:
        """Wait for the scripts. Raises what they raised, and when one was never run."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(PATIENCE_SECONDS)
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "a script did not end"
        if self._errors:
            raise self._errors[0]
        assert self.connections == len(self._scripts), "not every script was run"

    def _accept(self) -> None:
        for script in self._scripts:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                break
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(script, connection), name="script")
            self._threads.append(thread)
            thread.start()
        self._listening.close()  # whoever comes after the last script finds nobody

    def _run(self, script: Script, connection: socket.socket) -> None:
        peer = Peer(connection)
        try:
            script(peer)
        except ConnectionError:
            pass  # the client left before it heard everything; whether it should have, the test sees on its side
        except BaseException as error:
            self._errors.append(error)
        finally:
            peer.hang_up()


@contextmanager
def scripted(*scripts: Script) -> Iterator[ScriptedServer]:
    """A server that runs one script per connection, in order."""
    server = ScriptedServer(scripts)
    try:
        yield server
    finally:
        server.finish()


def a_mail(number: int = 1, *, to: Sequence[str] = ("b@example.org",), content: bytes = b"") -> Envelope:
    text = content or b"Message-ID: <%d@example.org>\r\nSubject: hello\r\n\r\nmail %d\r\n" % (number, number)
    return Envelope("a@example.org", tuple(to), text, str(number))


def _listed(code: str, *lines: str) -> list[str]:
    return [f"{code}-{line}" for line in lines[:-1]] + [f"{code} {lines[-1]}"]
