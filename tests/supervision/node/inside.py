"""Actors that run inside nodes in the tests: importable by name, since their specs travel."""

import ctypes
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervision import Actor, ChildSpec, Event, Ignore, Refusal, Supervisor
from supervision.node import Node, Options
from supervision.reasons import Reason


@dataclass(frozen=True, slots=True)
class Do:
    """What to do now, by name."""

    what: str


class Routine(Event):
    """What happens all the time."""

    notable = False


class Subject(Actor):
    """Does what its fact in the root says, so that a test can reach it across the link."""

    def on_start(self) -> None:
        self.done: str | None = None
        self.send_after(0.02, Do("look"))

    def on_receive(self, message: Any) -> Any:
        order = self.context.system.facts.get("order", "")
        if order != self.done:
            self.done = order
            self._obey(order.partition("#")[0])
        self.send_after(0.02, Do("look"))

    def _obey(self, order: str) -> None:
        match order:
            case "crash":
                raise ValueError("on demand")
            case "exit":
                os._exit(3)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "null":
                ctypes.string_at(0)
            case "grow":
                self.kept = bytearray(os.urandom(1024) * 200 * 1024)
            case "hold":
                Path(self.context.system.facts.get("holding", os.devnull)).touch()
                ctypes.PyDLL(None).sleep(60)
            case "log":
                logging.getLogger("tests.inside").warning("hello from %s", self.context.path)
            case "tell":
                for kind in (Routine, Event):
                    self.context.system.events.emit(kind(path=self.context.path))
            case "sleep":
                time.sleep(60)


class Stubborn(Actor):
    """Does not let go when it is stopped."""

    def terminate(self, reason: Reason) -> None:
        time.sleep(30)


class Marker(Actor):
    """Says in a file that it was stopped, and why."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.file = path

    def terminate(self, reason: Reason) -> None:
        with open(self.file, "a") as file:
            file.write(f"{reason}\n")


class Echo(Actor):
    def on_receive(self, message: Any) -> Any:
        return message


class Asker(Actor):
    """Talks to `/pair/echo` by its name without the node, and says in a fact of its process how that went."""

    def on_start(self) -> None:
        answer = self.call("/pair/echo", "hello")
        self.monitor("/pair/echo")
        logging.getLogger("tests.asker").warning("heard %s", answer)

    def on_receive(self, message: Any) -> Any:
        logging.getLogger("tests.asker").warning("down of %s", message.path)


class FailsToStart(Actor):
    def on_start(self) -> None:
        raise Refusal("no such thing as a free lunch")


class Ignores(Actor):
    def on_start(self) -> None:
        raise Ignore


class TellsItsTurns(Actor):
    def on_start(self) -> None:
        raise Refusal(f"turns of {sys.getswitchinterval():g} s")


class DiesAtStart(Actor):
    def on_start(self) -> None:
        os._exit(9)


QUICK = {"heartbeat_seconds": 0.2, "timeout_seconds": 5.0, "shutdown_seconds": 5.0}


def node(*children: ChildSpec, options: dict[str, Any] | None = None, **fields: Any) -> ChildSpec:
    """`/n` with these children inside."""
    inside = Supervisor.spec("n", children, intensity=50)  # an order to crash is obeyed until it is taken back
    return Node.spec("n", inside, Options(**{**QUICK, **(options or {})}), **fields)
