"""What a node tells its root, all the time: rows, events, lines of log, zombies, metrics. Inside the node.

Events and log lines come from any thread and wait in one queue with a bound, past which they are counted; everything
is sent by the node's main thread, and only while the root keeps reading. Without a root, lines go to standard error.
"""

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from supervision.app import load
from supervision.events import Event
from supervision.node.errors import LinkFull, LinkLost
from supervision.node.link import Link
from supervision.node.messages import Beat, Happened, Measured, Said, Struck, Zombies
from supervision.node.options import Options
from supervision.node.rows import Told, travelling
from supervision.stopping import stack_of
from supervision.system import System
from supervision.verbs import Site

#: Events and lines kept for a root that does not read.
MAX_QUEUED = 10_000
#: Pause between two looks at what changes without an event: mailbox depths, counters, metrics.
SAMPLE_SECONDS = 1.0


class Telling(logging.Handler):
    """Replaces the process's log handlers by itself."""

    def __init__(self, system: System, link: Link, options: Options, log_level: int) -> None:
        super().__init__(log_level)
        self._system = system
        self._link = link
        self._options = options
        self._queue: deque[Happened | Said] = deque()
        self._dropped = 0
        self._told = Told()
        self._zombies: tuple[dict[str, Any], ...] = ()
        self._struck: dict[int, dict[str, int]] = {}
        self._version = -1
        self._sampled_at = self._beat_at = 0.0
        self._mute = False
        self._mirrored: set[str] = set()
        self._meters = Meters(system, options)
        system.events.subscribe(self._happened)
        self.setFormatter(logging.Formatter("%(message)s"))  # level, name and time are the root's to write
        logging.basicConfig(level=log_level, handlers=[self], force=True)

    # --- any thread --------------------------------------------------------------------------------

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record) if isinstance(record.msg, str) else _event_text(record)
        if self._mute:
            print(f"{record.levelname} {record.name} {self._system.base}: {text}", file=sys.stderr)
        else:
            self._put(Said(record.name, record.levelno, text))

    def _happened(self, event: Event) -> None:
        if event.notable:
            self._put(Happened(travelling(event)))

    def _put(self, message: Happened | Said) -> None:
        if len(self._queue) >= MAX_QUEUED:
            self._dropped += 1
        else:
            self._queue.append(message)

    # --- the main thread ---------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        """Whatever happens to the link is seen by whoever reads it."""
        with suppress(LinkLost, LinkFull):
            self._link.send(message)

    def turn(self, now: bool = False) -> None:
        """Tell what is new. Nothing is added to what the root has not read yet."""
        if self._mute or not (self._link.idle or now):
            return
        at = time.monotonic()
        if at - self._beat_at >= self._options.heartbeat_seconds / 2:
            self._beat_at = at
            self.send(Beat())
        sampling = now or at - self._sampled_at >= SAMPLE_SECONDS
        # Rows before events: who hears of a start finds the child in the tree.
        if sampling or self._system.tree.version != self._version:
            self._tell_rows()
        self._tell_strikes()
        self._tell_queue()
        if sampling:
            self._sampled_at = at
            self._tell_samples()

    def facts(self, facts: Mapping[str, str]) -> None:
        """The root's facts, as if they had been announced here."""
        for name in self._mirrored - set(facts):
            self._system.facts.pop(name, None)
        self._system.facts.update(facts)
        self._mirrored = set(facts)

    def mute(self) -> None:
        """Nobody listens any more."""
        self._mute = True

    def finish(self, seconds: float = 2.0) -> None:
        """Have the root read the rest, if it does."""
        deadline = time.monotonic() + seconds
        with suppress(LinkLost):
            while not self._mute and not self._link.idle and time.monotonic() < deadline:
                self._link.receive(0.05)
        self._mute = True

    def _tell_rows(self) -> None:
        self._version = self._system.tree.version
        news = self._told.news(self._system.tree.rows())
        if news is not None:
            self.send(news)

    def _tell_queue(self) -> None:
        while self._queue:
            message = self._queue.popleft()
            try:
                self.send(message)
            except Exception as error:
                self.send(Said(__name__, logging.WARNING, f"{type(message).__name__} cannot travel: {error}"))
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self.send(Said(__name__, logging.WARNING, f"{dropped} events and lines dropped: the root did not read"))

    def _tell_strikes(self) -> None:
        """Before the events: who hears of a strike finds it counted."""
        struck = {entry.id: entry.struck for entry in self._system.faults.entries()}
        if struck != self._struck:
            self._struck = struck
            self.send(Struck(struck))

    def _tell_samples(self) -> None:
        zombies = tuple(
            {"path": one.path, "incarnation": one.incarnation, "since": one.since, "stack": stack_of(one.thread)}
            for one in self._system.tree.zombies()
        )
        if [(z["path"], z["incarnation"]) for z in zombies] != [(z["path"], z["incarnation"]) for z in self._zombies]:
            self._zombies = zombies
            self.send(Zombies(zombies))
        measured = self._meters.take()
        if measured is not None:
            self.send(Measured(measured))


class Meters:
    """Samples the app's collectors in a thread of their own: one that hangs must not look like a dead node."""

    def __init__(self, system: System, options: Options) -> None:
        self._site = Site(system, options.settings)
        self._dotted = options.collectors
        self._latest: dict[str, tuple[Any, ...]] | None = None
        if self._dotted:
            threading.Thread(target=self._run, name="meters", daemon=True).start()

    def take(self) -> dict[str, tuple[Any, ...]] | None:
        """The newest measurement, None when there was no new one."""
        latest, self._latest = self._latest, None
        return latest

    def _run(self) -> None:
        collectors = {dotted: load(dotted)(self._site) for dotted in self._dotted}
        pause = threading.Event()
        while not pause.wait(SAMPLE_SECONDS):
            self._latest = {dotted: tuple(collector.collect()) for dotted, collector in collectors.items()}


def _event_text(record: logging.LogRecord) -> str:
    """A structlog event, which is a dict until somebody renders it."""
    values = dict(record.msg) if isinstance(record.msg, dict) else {"event": record.msg}
    return " ".join([str(values.pop("event", "")), *(f"{name}={value}" for name, value in values.items())])
