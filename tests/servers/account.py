"""Servers that a test starts run as the account that Debian made for them: PostgreSQL refuses root.

All processes of a server are children of the test, so that whatever is left of them is found by `tests.leaks`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

END_SECONDS = 20.0


@contextmanager
def folder_of(user: str) -> Iterator[Path]:
    """A folder that this user may enter; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"rookery-{user}-"))
    hand_over(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def hand_over(path: Path, user: str) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam(user)
        os.chown(path, account.pw_uid, account.pw_gid)


def as_user(user: str) -> dict[str, Any]:
    """For `subprocess`: run it as that user, when root starts it."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


def signal_family(process: subprocess.Popen[bytes], number: signal.Signals, *, children: bool = True) -> None:
    """To a process and everything it started, so that no child is born meanwhile."""
    parent = psutil.Process(process.pid)
    family: list[psutil.Process] = []
    if children:
        parent.suspend()
        family = parent.children(recursive=True)
    for one in (*family, parent):
        with suppress(psutil.NoSuchProcess):  # one that was on its way out
            one.send_signal(number)


def kill_family(process: subprocess.Popen[bytes]) -> None:
    """All processes at once, as when the power fails; returns when the parent is gone."""
    if process.poll() is None:
        signal_family(process, signal.SIGKILL)
    process.wait(END_SECONDS)
