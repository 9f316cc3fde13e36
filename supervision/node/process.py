"""The operating-system process of a node, seen from its root: spawning it, measuring it, ending it, how it ended.

Any thread. It is spawned (a fresh interpreter), never forked, and inherits standard error and its end of the link only.
"""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import psutil

from supervision.node.link import Link

#: What the node exits with when only a new process gives a clean start.
EX_ZOMBIES = 75
_MEANINGS = {EX_ZOMBIES: ": zombies past the limit"}


class Process:
    """One process and the root's end of its link. Raises OSError when it cannot be spawned."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._popen = subprocess.Popen(
                    [sys.executable, "-P", "-m", "supervision.node.child", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=2,  # standard output belongs to the root alone
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
        except OSError:
            ours.close()
            raise
        self.link = Link(ours)
        self.pid = self._popen.pid

    def resident_bytes(self) -> int:
        """Its memory now; 0 when it has ended."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """SIGKILL, which also ends what is stopped or deaf. Nothing happens when it has ended."""
        self._popen.kill()

    def signal(self, number: signal.Signals) -> None:
        """Nothing happens when it has ended."""
        self._popen.send_signal(number)

    def has_ended(self, timeout_seconds: float = 0.0) -> bool:
        """Wait for its end, at most so long."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout_seconds)
        return self._popen.returncode is not None

    @property
    def ending(self) -> str | None:
        """How it ended, in the words of the operating system: `SIGSEGV`, `exit code 3`; None while it runs."""
        code = self._popen.returncode
        if code is None:
            return None
        if code < 0:
            return _signal_name(-code)
        return f"exit code {code}{_MEANINGS.get(code, '')}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
