"""The keeper: what a pipeline's connector writes down, in groups: copies, deaths, quarantine.

It judges deliveries before they are handled, and writes down what became of them before their consumer hears of it. As
long as the database does not work it keeps what it was asked, and the messages stay open: the prefetch bounds how many.
Only a message for the quarantine is sent back for a while, so that it stands in nobody's way.

Runs in its own thread, which is the only one of the connector that waits for the database.
"""

import logging
import uuid
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from actors.broker.message import Delivery, Tag
from actors.broker.port import Ack, Nack, Settlement
from actors.database.access import Database, Unavailable
from actors.database.columns import Connection
from actors.pipeline.connector import deaths, dedupe
from actors.pipeline.connector.acknowledger import POSTPONE_SECONDS, settle
from actors.pipeline.connector.counters import Counters
from actors.pipeline.connector.dedupe import Front, Verdict, Window
from actors.pipeline.connector.messages import BeginTrial, Blame, Checked, Closing, Idle, Inspect, Inspected, TrialBegun
from actors.pipeline.connector.quarantine import store
from actors.pipeline.connector.quarantine.store import Held
from actors.pipeline.connector.suspicion import Record, Treatment, identity, is_known, treatment
from supervision.actor import Actor
from supervision.errors import MailboxFull, NoProc
from supervision.reasons import Reason

logger = logging.getLogger(__name__)

GROUP = 500
#: Pause before the database is tried again.
RETRY_SECONDS = 0.5
#: How long a copy is sent back while somebody else handles the same message.
BUSY_SECONDS = 2.0
#: How often open claims are extended, and old rows cleared out.
UPKEEP_SECONDS = dedupe.LEASE_SECONDS / 3
#: Nobody works on one message for so long; its claim is left to end.
MAX_WORK_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class Again:
    """To itself: try the database again."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """To itself: say that we still work, and clear out."""


class Working(dict[str, float]):
    """The keys this process works on, and since when; outlives the keeper, whose thread alone uses it.

    `process` names it for ever. What travels into a node works on nothing there, under a name of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.process = uuid.uuid4().hex

    def __reduce__(self) -> tuple[type["Working"], tuple[()]]:
        return Working, ()


class Keeper(Actor):
    """Takes `Inspect`, `BeginTrial`, `Blame` and `Closing`."""

    mailbox_bound = 100_000

    def __init__(self, counters: Counters, window: Window | None, limit: int | None, working: Working) -> None:
        super().__init__()
        self.process = working.process
        self.counters = counters
        self.window = window
        self.limit = limit
        self.working = working
        self.front = Front(window.front if window else 0)
        self.pending: deque[Any] = deque()

    def on_start(self) -> None:
        self.database = Database(self.context.system)
        self.send_after(UPKEEP_SECONDS, Upkeep())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Again():
                self._work_off()
            case Upkeep():
                self._upkeep()
            case Closing():
                self._accept(_merged([message, *(one for one, _ in self.take_queued(Closing, GROUP))]))
            case Inspect() | BeginTrial() | Blame():
                self._accept([message])
            case _:
                super().on_receive(message)

    def wind_down(self, reason: Reason) -> None:
        """Write down what was said before the stop, if the database lets us."""
        if reason.expected:
            queued = [one for one, _ in self.take_queued(object, self.mailbox_bound)]
            self.pending.extend(one for one in queued if isinstance(one, Closing | Blame))
            self._work_off()

    def terminate(self, reason: Reason) -> None:
        """What was not looked at goes back; what is done is done, though a copy of it will not be recognised."""
        left = [*self.pending, *self.unhandled]
        self.pending.clear()
        for message in left:
            match message:
                case Inspect(consumer, deliveries):
                    self._settle(consumer, Nack(tuple(one.tag for one in deliveries)))
                case BeginTrial(consumer, checked, asker):
                    self._settle(consumer, Nack((checked.delivery.tag,)))
                    self._forget_claims([checked.claim])
                    self._tell(asker.path, Idle())
                case Closing():
                    self._forget_claims([*message.done, *message.released])
                    settle(self.context.system, message.consumer, message.settlements, self.counters)
                    back = Nack(tuple(thing.delivery.tag for thing in message.held), delay_seconds=POSTPONE_SECONDS)
                    self._settle(message.consumer, back)

    # --- in order, as far as the database works ----------------------------------------------------------------------

    def _accept(self, messages: list[Any]) -> None:
        idle = not self.pending
        self.pending.extend(messages)
        if idle:
            self._work_off()

    def _work_off(self) -> None:
        while self.pending:
            try:
                self._carry_out(self.pending[0])
            except Unavailable as error:
                logger.info("%s waits for the database: %s", self.context.path, error)
                self._make_room()
                self.send_after(RETRY_SECONDS, Again())
                return
            self.pending.popleft()

    def _carry_out(self, message: Any) -> None:
        match message:
            case Inspect():
                self._inspect(message)
            case BeginTrial():
                self._begin(message)
            case Blame():
                self._blame(message)
            case Closing():
                self._close(message)

    def _make_room(self) -> None:
        """What was to go into quarantine is sent back for a while."""
        for at, message in enumerate(self.pending):
            if isinstance(message, Closing) and message.held:
                tags = tuple(thing.delivery.tag for thing in message.held)
                self.counters.add("postponed", len(tags))
                self._settle(message.consumer, Nack(tags, delay_seconds=POSTPONE_SECONDS))
                self.pending[at] = replace(message, held=())

    # --- before they are handled -------------------------------------------------------------------------------------

    def _inspect(self, inspect: Inspect) -> None:
        now = self._now()
        sorting = Sorting(inspect.consumer)
        with self.database.begin() as conn:
            self._judge(conn, inspect.deliveries, now, sorting)
            store.hold(conn, sorting.held, now)
            dedupe.release(conn, sorting.released, self.process)
            deaths.forget(conn, [identity(thing.delivery) for thing in sorting.held], now)
        self.working.update({one.claim: now for one in sorting.checked if one.claim})
        for name, count in sorting.counts().items():
            self.counters.add(name, count)
        for settlement in sorting.settlements():
            self._settle(inspect.consumer, settlement)
        self._answer(inspect.asker.path, Inspected(inspect.consumer, tuple(sorting.checked), inspect.asker))

    def _judge(self, conn: Connection, deliveries: tuple[Delivery, ...], now: float, sorting: "Sorting") -> None:
        keys = {one.tag: self.window.key_of(one) if self.window else "" for one in deliveries}
        asked = {key for key in keys.values() if key and not self.front.knows(key, now)}
        verdicts = dedupe.claim(conn, asked, self.process, now, self.working)
        suspects = {one.tag: identity(one) for one in deliveries if self.limit is not None and is_known(one)}
        records = deaths.records(conn, set(suspects.values()), self.process, now)
        seen: set[str] = set()
        for one in deliveries:
            key = keys[one.tag]
            verdict = verdicts.get(key, Verdict.COPY) if key else Verdict.NEW
            if key and verdict.ours and key in seen:
                verdict = Verdict.BUSY  # twice in this very list
            seen.add(key)
            record = records.get(suspects.get(one.tag, ""), Record())
            treated = treatment(one.delivery_count, record, self.limit) if self.limit else Treatment.COMPANY
            sorting.add(one, key, verdict, treated, record)

    def _begin(self, begin: BeginTrial) -> None:
        with self.database.begin() as conn:
            deaths.open_trials(conn, [begin.checked.trial], self.process, self._now())
        self._answer(begin.asker.path, TrialBegun(begin.consumer, begin.checked, begin.asker))

    # --- afterwards --------------------------------------------------------------------------------------------------

    def _blame(self, blame: Blame) -> None:
        alone = len(blame.deliveries) == 1
        found = [deaths.Death(identity(one), alone, blame.traceback) for one in blame.deliveries]
        with self.database.begin() as conn:
            deaths.blame(conn, found, self._now())

    def _close(self, closing: Closing) -> None:
        now = self._now()
        until = now + (self.window.seconds if self.window else 0.0)
        with self.database.begin() as conn:
            store.hold(conn, closing.held, now)
            dedupe.finish(conn, closing.done, until)
            dedupe.release(conn, closing.released, self.process)
            deaths.close_trials(conn, closing.closed_trials)
            deaths.forget(conn, closing.survived, now)
        self.front.note(closing.done, until)
        self._forget_claims((*closing.done, *closing.released))
        self.counters.add("quarantined", len(closing.held))
        for settlement in closing.settlements:
            self._settle(closing.consumer, settlement)
        if closing.held:
            self._settle(closing.consumer, Ack(tuple(thing.delivery.tag for thing in closing.held)))

    def _upkeep(self) -> None:
        self.send_after(UPKEEP_SECONDS, Upkeep())
        now = self._now()
        for key in [key for key, since in self.working.items() if now - since > MAX_WORK_SECONDS]:
            del self.working[key]
        try:
            with self.database.begin() as conn:
                dedupe.extend(conn, list(self.working), self.process, now)
                dedupe.forget(conn, now)
                deaths.forget(conn, (), now)
        except Unavailable as error:
            logger.debug("no upkeep: %s", error)

    # --- small things ------------------------------------------------------------------------------------------------

    def _now(self) -> float:
        return self.context.system.clock.time()

    def _settle(self, consumer: str, settlement: Settlement) -> None:
        settle(self.context.system, consumer, (settlement,), self.counters)

    def _forget_claims(self, keys: Iterable[str]) -> None:
        """Nobody works on these here any more."""
        for key in keys:
            self.working.pop(key, None)

    def _tell(self, path: str, message: Any) -> None:
        with suppress(NoProc, MailboxFull):
            self.cast(path, message)

    def _answer(self, path: str, message: Any) -> None:
        try:
            self.cast(path, message)
        except (NoProc, MailboxFull) as error:
            # The consumer gives its deliveries back when that producer has ended; ours is only the claim.
            checked = message.checked if isinstance(message, Inspected) else (message.checked,)
            self.dead_letter(message, str(error))
            self._accept([Closing(message.consumer, released=tuple(one.claim for one in checked if one.claim))])


class Sorting:
    """One list of deliveries, sorted by what is to be done with each."""

    def __init__(self, consumer: str) -> None:
        self.consumer = consumer
        self.checked: list[Checked] = []
        self.held: list[Held] = []
        self.released: list[str] = []
        self._copies: list[Tag] = []
        self._busy: list[Tag] = []
        self._taken_over = 0

    def add(self, delivery: Delivery, key: str, verdict: Verdict, treated: Treatment, record: Record) -> None:
        """Place one delivery."""
        if not verdict.ours:
            (self._copies if verdict is Verdict.COPY else self._busy).append(delivery.tag)
            return
        self._taken_over += verdict is Verdict.TAKEN_OVER
        if treated is Treatment.QUARANTINE:
            count = max(record.deaths, delivery.delivery_count)
            reason = f"a stage died {count} times with it in hand (from {delivery.queue})"
            self.held.append(Held(delivery, reason, record.traceback, count))
            self.released += [key] if key else []
        else:
            trial = identity(delivery) if treated is Treatment.ALONE else ""
            self.checked.append(Checked(delivery, key, trial, self.consumer))

    def settlements(self) -> list[Settlement]:
        """For those that are not handled."""
        found: list[Settlement] = []
        acks = (*self._copies, *(thing.delivery.tag for thing in self.held))
        if acks:
            found.append(Ack(acks))
        if self._busy:
            found.append(Nack(tuple(self._busy), delay_seconds=BUSY_SECONDS))
        return found

    def counts(self) -> dict[str, int]:
        """For the counters."""
        return {
            "copies": len(self._copies),
            "busy": len(self._busy),
            "taken_over": self._taken_over,
            "quarantined": len(self.held),
        }


def _merged(closings: list[Closing]) -> list[Closing]:
    """One per consumer, in the order of its first: one transaction and a few casts for many small ones."""
    merged: dict[str, Closing] = {}
    for one in closings:
        known = merged.get(one.consumer)
        merged[one.consumer] = one if known is None else known + one
    return list(merged.values())
