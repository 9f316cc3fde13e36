"""From a fresh connection to one that takes mail: greeting, EHLO (else HELO), STARTTLS, AUTH.

Runs in the thread that owns the connection, all of it within one deadline. Standards: RFC 5321 4.1.1.1, RFC 3207 (what
was learnt before encryption is forgotten), RFC 4954 with PLAIN (RFC 4616), else LOGIN. A password goes over an
unencrypted line only if the URL says `starttls=never`.
"""

import base64
import socket
import time

from actors.smtp.capabilities import Capabilities, read_capabilities
from actors.smtp.connection import Connection
from actors.smtp.errors import (
    AuthFailed,
    ConnectFailed,
    ConnectionLost,
    CredentialsRefused,
    GreetingRefused,
    NotOpened,
    TlsFailed,
)
from actors.smtp.replies import Reply
from actors.smtp.url import MailUrl, Tls


class Handshake:
    """One opening. Use it once."""

    def __init__(self, connection: Connection, url: MailUrl, host: str, port: int, deadline: float) -> None:
        """`host` and `port` are where `url` leads today; `deadline` is one of `time.monotonic`."""
        self._connection = connection
        self._url = url
        self._host = host
        self._port = port
        self._deadline = deadline
        self._encrypted = False

    def open(self) -> Capabilities:
        """Raises NotOpened: ConnectFailed, GreetingRefused, TlsFailed or AuthFailed."""
        try:
            return self._open()
        except ConnectionLost as error:
            raise ConnectFailed(f"no session with {self._place}: {error}") from error

    @property
    def _place(self) -> str:
        return f"{self._host}:{self._port}"

    def _open(self) -> Capabilities:
        self._connection.connect(self._host, self._port, self._deadline)
        if self._url.tls is Tls.IMPLICIT:
            self._encrypt()
        self._require(self._read(), GreetingRefused, "greets with")
        offered = self._introduce()
        if self._wants_starttls(offered):
            self._require(self._ask("STARTTLS"), TlsFailed, "answers STARTTLS with")
            self._encrypt()
            offered = self._introduce()
        if self._url.user is not None and self._url.password is not None:
            self._authenticate(offered, self._url.user, self._url.password)
        return offered

    def _introduce(self) -> Capabilities:
        name = self._url.hello or self._own_name()
        reply = self._ask(f"EHLO {name}")
        if reply.positive:
            return read_capabilities(reply)
        if reply.category == 5:
            reply = self._ask(f"HELO {name}")
        self._require(reply, GreetingRefused, "answers our introduction with")
        return Capabilities()

    def _own_name(self) -> str:
        """RFC 5321 4.1.1.1: a full domain name, else our address as a literal."""
        name = socket.gethostname()
        if "." in name and name.isascii():
            return name
        address = self._connection.local_address()
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    # --- encryption ---------------------------------------------------------------------------------------------------

    def _wants_starttls(self, offered: Capabilities) -> bool:
        if self._encrypted or self._url.tls is Tls.NEVER:
            return False
        if self._url.tls is Tls.REQUIRED and "STARTTLS" not in offered:
            raise TlsFailed(f"{self._place} does not offer STARTTLS, which is required here")
        return "STARTTLS" in offered

    def _encrypt(self) -> None:
        self._connection.start_tls(self._url.ssl_context(), self._host, self._deadline)
        self._encrypted = True

    # --- credentials --------------------------------------------------------------------------------------------------

    def _authenticate(self, offered: Capabilities, user: str, password: str) -> None:
        if not self._encrypted and self._url.tls is not Tls.NEVER:
            raise AuthFailed(f"{self._place} offers no encryption, and the password must not be sent in clear")
        if "PLAIN" in offered.auth:
            reply = self._ask("AUTH PLAIN " + _base64(f"\0{user}\0{password}"))
        elif "LOGIN" in offered.auth:
            reply = self._login(user, password)
        else:
            raise AuthFailed(f"{self._place} offers neither AUTH PLAIN nor AUTH LOGIN")
        refused = CredentialsRefused if reply.category == 5 else AuthFailed
        self._require(reply, refused, "answers our credentials with")

    def _login(self, user: str, password: str) -> Reply:
        reply = self._ask("AUTH LOGIN")
        for answer in (user, password):
            if reply.code != 334:
                return reply
            reply = self._ask(_base64(answer))
        return reply

    # --- commands -----------------------------------------------------------------------------------------------------

    def _ask(self, command: str) -> Reply:
        self._connection.write(f"{command}\r\n".encode())
        return self._read()

    def _read(self) -> Reply:
        left = max(0.0, self._deadline - time.monotonic())
        return self._connection.read_reply(left, left)

    def _require(self, reply: Reply, error: type[NotOpened], does: str) -> None:
        if not reply.positive:
            raise error(f"{self._place} {does} {reply}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
