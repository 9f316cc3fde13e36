"""A process that works only while it holds the lease, and writes when it did into a log of its own.

python -m tests.actors.lease.worker URL LOG: ends by being killed, or on end of input.
"""

import os
import sys
import threading
import time
from typing import Any

from actors.database.config import parse_url
from actors.lease.messages import Held, Lost
from supervision import Actor, ChildSpec
from supervision.testing import running
from tests.actors.lease.things import database_spec, lease_spec

TERM_SECONDS = 1.5


class Work:
    """To itself."""


class Worker(Actor):
    """Its effects are lines: epoch and moment."""

    def __init__(self, log: str) -> None:
        super().__init__()
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.held: Held | None = None

    def on_start(self) -> None:
        self.on_receive(Work())

    def on_receive(self, message: Any) -> None:
        match message:
            case Held():
                self.held = message
            case Lost():
                self.held = None
            case Work():
                if self.held is not None and self.held.is_good(self.context.system.clock):
                    os.write(self.log, f"{self.held.epoch} {time.monotonic_ns()}\n".encode())
                self.send_after(0.01, Work())


def main(url: str, log: str) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    subscriber = ChildSpec(id="subscriber", actor=Worker, args=(log,))
    with running(database_spec(parse_url(url)), subscriber, lease_spec(term=TERM_SECONDS, margin=0.3)):
        ended.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
