"""Who a root is. Any thread; the answer does not change while the process lives."""

import hashlib
import os
import socket
from functools import cache
from importlib.metadata import version
from pathlib import Path

import psutil

from apps.contracts import roots_pb2 as messages

MACHINE_ID = Path("/etc/machine-id")


@cache
def identity(home: Path) -> messages.Root:
    """Of this process, as the root of `home`."""
    machine = socket.gethostname()
    return messages.Root(
        id=id_of(machine, home),
        machine=machine,
        home=str(home.absolute()),
        pid=os.getpid(),
        started_at=psutil.Process().create_time(),
        version=version("rookery"),
    )


def id_of(machine: str, home: Path) -> str:
    """The same for every root that ever runs in this home, so that the next one takes the place of the one before."""
    number = MACHINE_ID.read_text().strip() if MACHINE_ID.exists() else ""
    digest = hashlib.sha256(f"{machine}|{number}|{home.resolve()}".encode()).hexdigest()
    return f"{machine.partition('.')[0].lower()[:32]}-{digest[:10]}"
