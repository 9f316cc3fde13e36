"""amqps: a server whose certificate is trusted is spoken with; any other is not."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from actors.broker import Queue, Topology, Unavailable
from supervision.clock import SystemClock
from tests.actors.broker.harness import MakeEngine, engine_for, numbered

TOPOLOGY = Topology(queues=(Queue("work"),))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of `localhost`, signed by itself, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    certificate.write_text(certificate.read_text() + key.read_text())
    return certificate


@contextmanager
def tls_in_front_of(port: int | None, certificate: Path) -> Iterator[int]:
    """A port that takes one connection, ends TLS there, and passes on what is in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=_pass_on, args=(server, context, port))
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)
        assert not thread.is_alive()


def _pass_on(server: socket.socket, context: ssl.SSLContext, port: int | None) -> None:
    with suppress(OSError):
        plain, _ = server.accept()
        there = ("127.0.0.1", port)
        with plain, context.wrap_socket(plain, server_side=True) as inside, socket.create_connection(there) as outside:
            back = Thread(target=_copy, args=(outside, inside))
            back.start()
            _copy(inside, outside)
            outside.shutdown(socket.SHUT_RDWR)
            back.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def test_a_trusted_server(virtual_host: str, make_amqp: MakeEngine, certificate: Path, tmp_path: Path) -> None:
    make_amqp(TOPOLOGY)
    parts = urlsplit(virtual_host)
    with tls_in_front_of(parts.port, certificate) as port:
        url = f"amqps://{parts.username}:{parts.password}@localhost:{port}{parts.path}"
        channel = engine_for(tmp_path, TOPOLOGY, url, ca_file=certificate).publish_channel(SystemClock())
        try:
            channel.open()
            assert channel.publish(numbered(1000, "work", size=3000)).unroutable == frozenset()
        finally:
            channel.close()


def test_a_server_that_nobody_vouches_for(virtual_host: str, certificate: Path, tmp_path: Path) -> None:
    with tls_in_front_of(urlsplit(virtual_host).port, certificate) as port:
        channel = engine_for(tmp_path, TOPOLOGY, f"amqps://me:secret@localhost:{port}/").publish_channel(SystemClock())
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            channel.open()
        channel.close()
