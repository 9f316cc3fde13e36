"""Opening a socket to an SMSC, with TLS if asked for, so that whoever stops us need not wait for the network.

Runs in the thread that will own the socket. Looking up a name is the system resolver's affair: no timeout ends it.
"""

import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

from actors.smpp.config import BindConfig
from actors.smpp.errors import ConnectFailed, TlsFailed

Wait = Callable[[socket.socket, int, float], None]
"""Until the socket is ready for these events, at most so many seconds. Raises TimeoutError, ConnectFailed."""


def dial(place: str, config: BindConfig, wait: Wait) -> socket.socket:
    """`place` is host:port; the socket does not block. Raises ConnectFailed, TlsFailed."""
    name, _, port = place.rpartition(":")
    host = name.strip("[]")
    try:
        addresses = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectFailed(f"{host}: the name cannot be looked up: {error}") from error
    failure: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        raw = socket.socket(family, kind, protocol)
        deadline = time.monotonic() + config.seconds.connect
        try:
            _connect(raw, address, wait, deadline)
        except OSError as error:
            raw.close()
            failure = error
        except BaseException:
            raw.close()
            raise
        else:
            return _encrypted(raw, host, place, config, wait, deadline) if config.tls else raw
    raise ConnectFailed(f"nobody takes connections at {place}: {failure}") from failure


def _connect(raw: socket.socket, address: Any, wait: Wait, deadline: float) -> None:
    raw.setblocking(False)
    code = raw.connect_ex(address)
    if code == errno.EINPROGRESS:
        wait(raw, select.POLLOUT, deadline)
        code = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    # Submits leave in groups already; waiting for an ACK of the previous group would only cost time.
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _encrypted(
    raw: socket.socket, host: str, place: str, config: BindConfig, wait: Wait, deadline: float
) -> ssl.SSLSocket:
    try:
        secure = _context(config).wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
    except (OSError, ValueError) as error:
        raw.close()
        raise TlsFailed(f"no encryption with {place}: {error}") from error
    try:
        _shake_hands(secure, wait, deadline)
    except (OSError, ValueError) as error:
        secure.close()
        raise TlsFailed(f"no encryption with {place}: {error}") from error
    except BaseException:
        secure.close()
        raise
    return secure


def _context(config: BindConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.tls_ca_file)
    if not config.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _shake_hands(secure: ssl.SSLSocket, wait: Wait, deadline: float) -> None:
    while True:
        try:
            secure.do_handshake()
            return
        except ssl.SSLWantReadError:
            wait(secure, select.POLLIN, deadline)
        except ssl.SSLWantWriteError:
            wait(secure, select.POLLOUT, deadline)
