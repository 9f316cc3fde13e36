"""One real server as a child of nobody: started detached, remembered by process id, asked until it answers.

Runs in one thread per server. When root starts them, each runs as the user Debian made for it (PostgreSQL refuses
root), in a folder below the temporary directory, because that user may be unable to enter the checkout.
"""

import hashlib
import json
import os
import pwd
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

CHECKOUT = Path(__file__).resolve().parents[2]
STATE = CHECKOUT / "var" / "services"
KEY = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
BASE = Path(tempfile.gettempdir()) / f"rookery-services-{KEY}" if os.geteuid() == 0 else STATE
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 20.0


class NotStarted(Exception):
    """A server ended, or did not answer in time; the message holds the end of its log."""


class Server(ABC):
    """What is common to the servers; `user` is the account that Debian's package makes."""

    name: str
    user: str

    def __init__(self) -> None:
        known = _load(self.memory)
        self.port: int = known.get("port") or free_ports()
        self.password: str = known.get("password") or secrets.token_hex(18)
        self.pid: int | None = known.get("pid")
        self.created: float | None = known.get("created")

    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def command(self) -> list[str]:
        """Prepare the folder and say how the server is started, in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """True when the server completes a handshake; must return within seconds."""

    def environment(self) -> dict[str, str]:
        return {}

    @property
    def folder(self) -> Path:
        return BASE / self.name

    @property
    def memory(self) -> Path:
        """Where port, password and process id are kept: beside the data, whose password it is."""
        return BASE / f"{self.name}.json"

    @property
    def log(self) -> Path:
        return BASE / f"{self.name}.log"

    def start(self) -> None:
        if self.process() is not None and self.answers():
            return
        self.stop()
        self._make_folder()
        if not ports_are_free(self.port):
            self.port = free_ports()
        self._spawn(self.command())
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End the server and wait for it; killed when it does not end in time. No-op when it is not running."""
        process = self.process()
        if process is not None:
            process.terminate()
            _, alive = psutil.wait_procs([process], timeout=STOP_TIMEOUT_SECONDS)
            if alive:
                os.killpg(process.pid, signal.SIGKILL)

    def process(self) -> psutil.Process | None:
        """The running server; its creation time is compared, because process ids are used again."""
        if self.pid is None:
            return None
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if process.create_time() == self.created and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None

    def run(self, *command: str) -> None:
        """Run a short preparing command as the server's user."""
        subprocess.run(
            command, check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **self._as_user()
        )

    def _spawn(self, command: list[str]) -> None:
        with self.log.open("wb") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._as_user(),
            )
        self.pid, self.created = child.pid, psutil.Process(child.pid).create_time()
        known = {"port": self.port, "password": self.password, "pid": self.pid, "created": self.created}
        write_private(self.memory, json.dumps(known))

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self.answers():
            if self.process() is None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-3000:]
                raise NotStarted(f"{self.name} on port {self.port} does not answer; its log {self.log} ends:\n{tail}")
            time.sleep(0.05)

    def _make_folder(self) -> None:
        BASE.mkdir(parents=True, exist_ok=True)
        if BASE.stat().st_uid != os.geteuid():
            raise NotStarted(f"{BASE} belongs to somebody else: remove it")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._hand_over(self.folder)

    def write(self, name: str, text: str) -> Path:
        """A file in the server's folder that only the server's user can read."""
        path = self.folder / name
        write_private(path, text)
        self._hand_over(path)
        return path

    def _hand_over(self, path: Path) -> None:
        if os.geteuid() == 0:
            account = pwd.getpwnam(self.user)
            os.chown(path, account.pw_uid, account.pw_gid)

    def _as_user(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"cwd": self.folder, "env": self._environment()}
        if os.geteuid() == 0:
            account = pwd.getpwnam(self.user)
            settings |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return settings

    def _environment(self) -> dict[str, str]:
        plain = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        return plain | self.environment()


def free_ports() -> int:
    """The first of three free ports, below the range that the kernel gives to clients, who could sit on them."""
    return next(port for port in iter(_random_port, None) if ports_are_free(port))


def _random_port() -> int:
    return 20000 + 10 * secrets.randbelow(1000)


def ports_are_free(first: int) -> bool:
    return all(is_free(port) for port in range(first, first + 3))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def exchange(port: int, request: bytes, expected: bytes) -> bool:
    """Send bytes to a loopback port and say whether the answer contains what a healthy server sends."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(request)
        return expected in connection.recv(4096)
    return False


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _load(path: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return known
