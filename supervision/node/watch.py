"""What the root's side of a node does all the time: listen, look whether it lives and stays small, pass things on.

A thread of its own per node, from the spawn to the end of the process. It writes what the node tells into the root's
tree, events and log, so readers there ask nobody. It kills a node that is silent or too large, and says so.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from supervision.node.errors import LinkFull, LinkLost
from supervision.node.messages import (
    Answer,
    Beat,
    Ended,
    Facts,
    Failed,
    Happened,
    Measured,
    Ready,
    Rows,
    Rules,
    Said,
    Sample,
    Struck,
    Zombies,
)
from supervision.node.options import Options
from supervision.node.process import Process
from supervision.reasons import Lost, Reason
from supervision.system import System

logger = logging.getLogger(__name__)

TURN_SECONDS = 0.1
#: Seconds a process may take to be gone after it closed its end of the link.
CLOSED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Gone:
    """The process has ended; `reason` is the subtree's own if it said one, else how the process ended."""

    reason: Reason


class Watch:
    """`heard` gets what the actor must know, in this thread."""

    def __init__(
        self,
        system: System,
        path: str,
        process: Process,
        options: Options,
        heard: Callable[[Ready | Failed | Gone | Answer], None],
    ) -> None:
        self._system = system
        self._path = path
        self._process = process
        self._options = options
        self._heard = heard
        self._thread = threading.Thread(target=self._run, name=f"{path} watch", daemon=True)
        self._samples: dict[str, Sample] = {}
        self._facts: dict[str, str] = {}
        self._rules: frozenset[int] = frozenset()
        self._why: Reason | None = None
        self._last_heard = self._last_beat = time.monotonic()
        self.measured: dict[str, tuple[Any, ...]] = {}

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Wait until it has heard everything; the process must have ended."""
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5.0)

    # --- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._listen():
                self._look()
                self._pass_on()
        except Exception as error:  # a fault of ours must not leave a process without supervision
            logger.exception("%s: watching failed", self._path)
            self._end(f"watching failed: {error!r}")
        if not self._process.has_ended(CLOSED_SECONDS):
            self._end("it closed the link")
            self._process.has_ended(CLOSED_SECONDS)
        self._heard(Gone(self._why or Lost(str(self._process.ending))))

    def _listen(self) -> bool:
        """Take in what there is; False at the end of the link."""
        try:
            messages = self._process.link.receive(TURN_SECONDS)
        except LinkLost:
            return False
        if messages:
            self._last_heard = time.monotonic()
        for message in messages:
            self._take_in(message)
        return True

    def _look(self) -> None:
        """Is it silent, is it too large? Looked at only after everything that lay there was heard."""
        now = time.monotonic()
        if now - self._last_heard > self._options.timeout_seconds and not self._starting:
            self._end(f"no heartbeat for {self._options.timeout_seconds:.1f} s")
        limit = self._options.memory_limit_bytes
        if limit is not None and (used := self._process.resident_bytes()) > limit:
            self._end(f"memory limit: {used} bytes used, {limit} allowed")

    def _end(self, why: str) -> None:
        if self._why is None:
            self._why = Lost(why)
        self._process.kill()

    # --- from the node -----------------------------------------------------------------------------

    _starting = True

    def _take_in(self, message: Any) -> None:
        match message:
            case Beat():
                pass
            case Rows():
                self._write(message)
            case Happened(event):
                self._system.events.emit(event)
            case Said(name, level, text):
                logging.getLogger(name).log(level, "%s: %s", self._path, text)
            case Zombies(zombies):
                self._system.tree.put_zombies_in(self._path, zombies)
            case Struck(struck):
                for number, counts in struck.items():
                    self._system.faults.note_struck(number, counts)
            case Measured(families):
                self.measured = dict(families)
            case Ended(reason):
                self._why = self._why or reason
            case Ready() | Failed():
                self._starting = False
                self._heard(message)
            case Answer():
                self._heard(message)

    def _write(self, news: Rows) -> None:
        """The rows as if they were ours. The topmost one is, but for its restart budget, the supervisor's."""
        tree = self._system.tree
        self._samples.update(news.samples)
        changed = {row.path: row for row in news.changed}
        for path in (*changed, *(path for path in news.samples if path not in changed)):
            row = changed.get(path) or tree.get(path)
            if path == self._path:
                if path in changed and changed[path].budget is not None:
                    tree.put_budget(path, changed[path].budget)  # type: ignore[arg-type]
            elif row is not None:
                tree.put(replace(row, live=self._samples.get(path)))
        for path in news.gone:
            self._samples.pop(path, None)
            tree.remove(path)

    # --- to the node -------------------------------------------------------------------------------

    def _pass_on(self) -> None:
        with suppress(LinkLost, LinkFull):  # silence or the end of the link will be noticed
            now = time.monotonic()
            if now - self._last_beat >= self._options.heartbeat_seconds:
                self._last_beat = now
                self._process.link.send(Beat())
            self._pass_on_faults()
            if self._facts != (facts := dict(self._system.facts)):
                self._process.link.send(Facts(facts))
                self._facts = facts

    def _pass_on_faults(self) -> None:
        faults = self._system.faults
        rules = frozenset(entry.id for entry in faults.entries())
        if rules != self._rules:
            self._process.link.send(Rules(tuple(faults.rulings()), faults.enabled))
            self._rules = rules
