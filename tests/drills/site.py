"""One home directory and the roots that run in it one after the other, as an operator sees them.

Everything goes through a door that a user has: the command line, HTTP, signals. The outbox is polled through the mail
server's own file, which can be read while no root runs.
"""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from actors.smtp.mta import store
from supervision.control import client
from supervision.errors import RookeryError
from tests.supervision.roots import COMMAND, RootProcess, environment

T = TypeVar("T")

#: Any port will do, no traffic but the drill's own, and faults are allowed.
SETTINGS = ("console.port=0", "mta.port=0", "demo.enabled=false", "faults.enabled=true", "log.level=warning")
START_SECONDS = 20.0
STOP_SECONDS = 20.0
COMMAND_SECONDS = 60.0


def eventually(look: Callable[[], T | None], seconds: float, wanted: str) -> T:
    """The first answer that is true. Fails after `seconds`, with the last answer."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (answer := look()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {wanted}; the last answer was {answer!r}"
        pause.wait(0.05)
    return answer


class Site:
    """A home, and the root that runs in it now, if any."""

    def __init__(self, home: Path, *settings: str) -> None:
        """`settings` as for `--set`."""
        self.home = home
        self.settings = settings
        #: The home of the root whose mail server takes the mails.
        self.outbox = home
        self.lives = 0
        self._root: RootProcess | None = None

    # --- its lives ----------------------------------------------------------------------------------------------------

    @property
    def root(self) -> psutil.Process:
        assert self._root is not None, "no root runs here"
        return psutil.Process(self._root.process.pid)

    def start(self) -> float:
        """Start a root and wait until it says ready; how many seconds that took."""
        began = time.monotonic()
        self.lives += 1
        self._root = RootProcess(self.home, (), self.settings)
        self._root.errors = self._root.errors.rename(self.home.with_suffix(f".{self.lives}.log"))
        self._root.ready()
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        assert self._root is not None
        ended, self._root = self._root, None
        with ended.process:
            ended.process.send_signal(number)
            return ended.process.wait(STOP_SECONDS)

    @property
    def log(self) -> str:
        """What all its roots wrote to standard error."""
        logs = sorted(self.home.parent.glob(f"{self.home.name}.*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text()}" for path in logs)

    # --- its doors ----------------------------------------------------------------------------------------------------

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`rookery ARGUMENTS --home ...`, whatever its exit code."""
        command = [*COMMAND, *arguments, "--home", str(self.home)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SECONDS, cwd=self.home.parent, env=environment()
        )

    def output(self, *arguments: str) -> str:
        """What a command that must succeed prints."""
        done = self.command(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.output(*arguments))

    def ask(self, verb: str, **params: Any) -> Any:
        """A verb over the control socket, without the cost of a process."""
        return client(self.home).call(verb, **params)

    def url(self, path: str = "") -> str:
        """Where the root that runs now listens; it takes another port in each life. Raises OSError when none does."""
        return str(json.loads((self.home / "web.json").read_text())["url"]).rstrip("/") + path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {(self.home / 'token').read_text().strip()}"}

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url(path), headers=self.headers, timeout=10.0)

    def post(self, path: str, content: bytes, content_type: str) -> httpx.Response:
        headers = {**self.headers, "Content-Type": content_type}
        return httpx.post(self.url(path), content=content, headers=headers, timeout=30.0)

    # --- what can be seen ---------------------------------------------------------------------------------------------

    def rows(self) -> dict[str, dict[str, Any]]:
        """The tree by path; empty while the root does not answer."""
        try:
            return {row["path"]: row for row in self.ask("tree")["rows"]}
        except RookeryError:
            return {}

    def copies(self) -> dict[str, int]:
        """How often each mail arrived, by its key in the ledger."""
        found = store.copies(store.store_path(self.outbox))
        return {message_id.strip("<>").partition("@")[0]: copies for message_id, copies in found.items()}

    def arrived(self) -> int:
        """How many mails arrived, copies included."""
        return store.count(store.store_path(self.outbox))

    def doubted(self) -> set[str]:
        """The keys of all mails that are or ever were in doubt."""
        return {mail["key"] for mail in self.json("email", "show", "--in-doubt", "--json", "--limit", "100000")}


@contextmanager
def site(home: Path, *settings: str) -> Iterator[Site]:
    """A home whose root is gone afterwards, whatever happened; its log is shown with a failure."""
    with only(home, *SETTINGS, *settings) as one:
        yield one


@contextmanager
def only(home: Path, *settings: str) -> Iterator[Site]:
    """The same with these settings and no others, for a root of a few apps."""
    one = Site(home, *settings)
    try:
        yield one
    except BaseException:
        print(one.log)
        raise
    finally:
        if one._root is not None:
            one.kill()
