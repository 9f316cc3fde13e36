"""The commands' side of the control socket. Runs in the caller's thread; nothing waits longer than its timeout."""

import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervision.control import wire
from supervision.errors import RookeryError


class NoRoot(RookeryError):
    """Nobody serves the control socket of that home."""

    title = "The root cannot be reached"
    status = 503


class NoAnswer(RookeryError):
    """The root did not answer in time, or hung up; the order may have been carried out."""

    title = "The root did not answer"
    status = 504


class RemoteError(RookeryError):
    """What the root answered instead of a result: its own error, with its title, field, status and exit code.

    `type` is the name of the error's class in the root.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["detail"], field=document.get("field"))
        self.type = document["type"]
        self.title = document["title"]
        self.status = document["status"]
        self.exit_code = document["exit_code"]


@dataclass(frozen=True, slots=True)
class Client:
    """One connection per call, so a client may be shared by threads."""

    home: Path

    def call(self, verb: str, /, timeout: float = 30.0, **params: Any) -> Any:
        """Ask and wait at most `timeout` seconds. Raises NoRoot, NoAnswer, RemoteError."""
        deadline = time.monotonic() + timeout
        with self._connect(timeout) as connection:
            try:
                connection.sendall(wire.encode({"verb": verb, "params": params}))
                reply = json.loads(_read_line(connection, deadline))
            except TimeoutError as error:
                raise NoAnswer(f"{verb}: no answer from the root in {self.home} within {timeout:g} s") from error
            except (OSError, ValueError) as error:
                raise NoAnswer(f"{verb}: the root in {self.home} hung up: {error}") from error
        if "error" in reply:
            raise RemoteError(reply["error"])
        return reply["ok"]

    def _connect(self, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            with wire.address(self.home) as address:
                connection.connect(address)
        except TimeoutError as error:
            connection.close()
            raise NoAnswer(f"the root in {self.home} does not take connections") from error
        except OSError as error:
            connection.close()
            raise NoRoot(f"no root is running in {self.home}; start one with `rookery run`") from error
        return connection


def client(home: Path | str) -> Client:
    """A client of the root that runs in `home`; connects with each call."""
    return Client(Path(home))


def _read_line(connection: socket.socket, deadline: float) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        part = connection.recv(1 << 20)
        if not part:
            raise ConnectionError("the connection was closed before the reply")
        received += part
    return bytes(received)
