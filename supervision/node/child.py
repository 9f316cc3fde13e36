"""`python -m supervision.node.child FD`: the process of a node.

Its main thread is not an actor and never waits for one: it turns a loop that reads the link, tells the root what has
changed, and so shows that the process lives. Two things end it besides its orders: the end of the link (the root is
gone: drain, then exit) and a deadman's alarm in the kernel, for a process that is stuck in a call that holds
everything while nobody is left to kill it. What it does not guarantee: threads that do not stop end with the process.
"""

import faulthandler
import logging
import os
import pickle
import signal
import socket
import sys
import time
from collections.abc import Iterable
from typing import Any

from supervision.interpreter import keep_what_stands, take_turns
from supervision.launch import Launched, launch
from supervision.node.errors import LinkFull, LinkLost
from supervision.node.link import Link
from supervision.node.messages import Ask, Boot, Cargo, Ended, Facts, Failed, Ready, Rules, StopNode
from supervision.node.process import EX_ZOMBIES
from supervision.node.telling import Telling
from supervision.node.verbs import answer
from supervision.reasons import SHUTDOWN, Crashed, Reason, Shutdown, portable
from supervision.system import System
from supervision.tree import State
from supervision.verbs import Site

logger = logging.getLogger(__name__)

TURN_SECONDS = 0.1
#: Seconds an ordered stop may overrun what was allowed before the process leaves by itself: who ordered it may kill it.
LATE_SECONDS = 5.0
#: How long the root's first word may take.
BOOT_SECONDS = 30.0
ROOT_GONE = Shutdown("the root is gone")


class Inside:
    """One life of a node's process."""

    def __init__(self, link: Link, boot: Boot, cargo: Cargo, more: Iterable[Any] = ()) -> None:
        self.link = link
        self.options = cargo.options
        self.system = System(base=boot.path)
        self.telling = Telling(self.system, link, cargo.options, boot.log_level)
        self.last_heard = time.monotonic()
        self.stop_deadline: float | None = None
        self.overrun = False
        self.orphan = False
        self.ready = False
        self.stop_for: Reason | None = None
        signal.signal(signal.SIGTERM, self._terminated)
        self._obey(more)  # facts that the children may look for when they start
        self.launched: Launched = launch(self.system, cargo.child, boot.path)

    def run(self) -> int:
        """Until the subtree has ended, or must not be waited for any longer; the exit code."""
        while not self.launched.ended:
            rearm_deadman(self.options.orphan_seconds * 2)
            self._listen()
            self._look()
            self.telling.turn()
            if self.stop_deadline is not None and time.monotonic() > self.stop_deadline:
                logger.error("the orderly stop took too long")
                return EX_ZOMBIES
        return self._leave(self.launched.reason or SHUTDOWN)

    def _listen(self) -> None:
        if self.orphan:
            time.sleep(TURN_SECONDS)
            return
        try:
            messages = self.link.receive(TURN_SECONDS)
        except LinkLost:
            self._orphaned()
            return
        if messages:
            self.last_heard = time.monotonic()
        self._obey(messages)

    def _obey(self, messages: Iterable[Any]) -> None:
        for message in messages:
            match message:
                case StopNode(reason):
                    self.stop_for = self.stop_for or reason
                case Facts(facts):
                    self.telling.facts(facts)
                case Rules(rulings, enabled):
                    self.system.faults.enabled = enabled
                    self.system.faults.mirror(rulings)
                case Ask():
                    answer(Site(self.system, self.options.settings), message, self.telling.send)

    def _look(self) -> None:
        row = self.system.tree.get(self.system.base)
        if not self.ready and row is not None and row.state is State.RUNNING:
            self.ready = True
            keep_what_stands()
            self.telling.turn(now=True)
            self.telling.send(Ready())
        if self.stop_for is not None:
            self._stop(self.stop_for)
        if time.monotonic() - self.last_heard > self.options.orphan_seconds and not self.orphan:
            self._orphaned()
        zombies = len(self.system.tree.zombies())
        if zombies > self.options.max_zombies and not self.overrun:
            self.overrun = True
            logger.error("%d abandoned threads are more than %d: exiting", zombies, self.options.max_zombies)
            self._stop(SHUTDOWN)

    def _terminated(self, number: int, frame: object) -> None:
        self.stop_for = self.stop_for or Shutdown("SIGTERM")

    def _orphaned(self) -> None:
        """Nobody is there to restart us or to be told: finish what is in hand and go."""
        self.orphan = True
        self.telling.mute()
        logger.warning("the root is gone; stopping")
        self._stop(ROOT_GONE)

    def _stop(self, reason: Reason) -> None:
        if self.stop_deadline is None:
            late = 0.0 if self.orphan else LATE_SECONDS
            self.stop_deadline = time.monotonic() + self.options.shutdown_seconds + late
            self.launched.stop(reason)

    def _leave(self, reason: Reason) -> int:
        self.telling.turn(now=True)
        if not self.ready:
            self.telling.send(Failed(portable(reason)))
        elif not self.overrun:
            self.telling.send(Ended(portable(reason)))
        self.telling.finish()
        return EX_ZOMBIES if self.overrun or self.system.tree.zombies() else 0


def rearm_deadman(seconds: float) -> None:
    """The kernel ends this process unless we come by again in time, whatever holds the interpreter."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


def main(number: int) -> int:
    os.set_inheritable(number, False)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    for for_the_root in (signal.SIGINT, signal.SIGHUP):  # what a terminal sends to all is for the root, which tells us
        signal.signal(for_the_root, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    rearm_deadman(2 * BOOT_SECONDS)
    take_turns()
    link = Link(socket.socket(fileno=number))
    try:
        boot, *more = first_words(link)
        try:
            inside = Inside(link, boot, pickle.loads(boot.cargo), more)
        except Exception as error:
            link.send(Failed(portable(Crashed.of(error))))
            return 0
    except (LinkLost, LinkFull, TimeoutError):
        return 0
    return inside.run()


def first_words(link: Link) -> list[Any]:
    """The `Boot` and what came with it. Raises LinkLost, TimeoutError."""
    deadline = time.monotonic() + BOOT_SECONDS
    while not (messages := link.receive(TURN_SECONDS)):
        if time.monotonic() > deadline:
            raise TimeoutError("the root says nothing")
    return messages


def leave(code: int) -> None:
    """At once: threads may be left that would hold the process up."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main(int(sys.argv[1])))
