"""Real root processes for tests: started with the apps of `nest`, watched through their streams, never left behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from supervision.control import Client, client
from tests.supervision.nest import HERE

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from supervision.cli import main; main()"]
PATIENCE = 40.0


class RootProcess:
    """One `rookery run`. Standard error goes to a file beside the home, so that no full pipe can stop the root."""

    def __init__(
        self, home: Path, apps: Iterable[str], settings: Iterable[str] = (), config: Path | None = None
    ) -> None:
        self.home = home
        self.errors = home.with_suffix(".stderr")
        listed = ", ".join(f'"{HERE}:{app}"' for app in apps)
        command = [*COMMAND, "--home", str(home), "run", *([] if config is None else ["-c", str(config)])]
        command += ["--set", f"apps=[{listed}]"] if listed else []
        for setting in settings:
            command += ["--set", setting]
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=home.parent, env=environment()
            )

    def ready(self) -> list[str]:
        """The lines up to the one that says ready."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("ready"):
                return lines
        raise AssertionError(f"ended before it was ready: {self.log}")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(PATIENCE)

    @property
    def log(self) -> str:
        return self.errors.read_text()

    @property
    def client(self) -> Client:
        return client(self.home)


@contextmanager
def root(home: Path, *apps: str, settings: Iterable[str] = (), config: Path | None = None) -> Iterator[RootProcess]:
    """Start one; whatever happens, it is gone afterwards."""
    one = RootProcess(home, apps, settings, config)
    with one.process:
        try:
            yield one
        finally:
            one.process.kill()


def eventually(so: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if so():
            return
        pause.wait(0.02)
    raise AssertionError(what)


def environment() -> dict[str, str]:
    """The test's own environment, with the checkout in front, whatever the working directory is."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": ""}
