"""Processes that publish or consume until they are killed or their standard input ends; they print what they know.

python -m tests.actors.broker.embedded.processes publish HOME NAME LISTS SIZE
    "confirmed ID ID ..." after each confirmation
python -m tests.actors.broker.embedded.processes consume HOME NAME PREFETCH BATCH HOLD
    "got ID:REDELIVERED ..." for each list, "acking ID ..." before its acknowledgement, "acked ID ..." after it;
    of each list the last HOLD messages are kept open
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.broker import Ack, Deliveries, Message, Queue, Topology
from supervision import Actor, ChildSpec
from supervision.testing import PATIENCE_SECONDS
from tests.actors.broker.harness import engine_for, world

TOPOLOGY = Topology(queues=(Queue("work"),))
CHECKOUT = Path(__file__).resolve().parents[4]


def say(word: str, ids: list[str]) -> None:
    os.write(1, f"{word} {' '.join(ids)}\n".encode())


class Worker(Actor):
    """Acknowledges what it gets, but for the last `hold` of each list."""

    def __init__(self, hold: int) -> None:
        super().__init__()
        self.hold = hold

    def on_receive(self, message: Any) -> None:
        assert isinstance(message, Deliveries)
        got = message.deliveries
        say("got", [f"{delivery.message.message_id}:{int(delivery.redelivered)}" for delivery in got])
        done = got[: len(got) - self.hold]
        ids = [delivery.message.message_id for delivery in done]
        say("acking", ids)
        answer = self.call(message.consumer, Ack(tuple(delivery.tag for delivery in done)), timeout=30.0)
        assert answer == len(done)
        say("acked", ids)


def publish(home: Path, name: str, lists: int, size: int) -> None:
    with world(engine_for(home, TOPOLOGY)) as rig:
        for number in range(lists):
            ids = [f"{name}-{number}-{index}" for index in range(size)]
            rig.publish(*(Message(b"x" * 300, "work", message_id=id) for id in ids))
            say("confirmed", ids)


def consume(home: Path, name: str, prefetch: int, batch: int, hold: int) -> None:
    with world(engine_for(home, TOPOLOGY)) as rig:
        rig.start(ChildSpec(id="subscriber", actor=Worker, args=(hold,)))
        rig.consume("work", prefetch, batch)
        say("ready", [])
        sys.stdin.read()


class Child:
    """One such process, seen from the test."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "tests.actors.broker.embedded.processes", *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.said: dict[str, list[str]] = {}

    def read(self, lines: int) -> None:
        """Take in so many lines; fewer when it ends before."""
        assert self.process.stdout is not None
        for _ in range(lines):
            line = self.process.stdout.readline()
            if not line.endswith("\n"):
                return
            word, *ids = line.split()
            self.said.setdefault(word, []).extend(ids)

    def kill(self) -> None:
        """SIGKILL, then take in what it said before it died."""
        self.process.send_signal(signal.SIGKILL)
        self.read(1_000_000)
        self.process.wait(PATIENCE_SECONDS)

    def finish(self) -> None:
        """Let it end in order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.read(1_000_000)
        assert self.process.wait(PATIENCE_SECONDS) == 0

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def child(*arguments: object) -> Iterator[Child]:
    started = Child(*arguments)
    try:
        yield started
    finally:
        started.close()


if __name__ == "__main__":
    role, home, name, *numbers = sys.argv[1:]
    run = publish if role == "publish" else consume
    run(Path(home), name, *map(int, numbers))
