"""The consuming half of the embedded engine, on one queue: a session that claims messages and settles them.

Belongs to the consumer's thread, but for `interrupt`. Claims and acknowledgements survive the death of the process; the
loss of power may undo the last ones, which repeats messages and loses none.
"""

import os
import sqlite3
from collections.abc import Collection, Sequence

from actors.broker.deaths import REJECTED
from actors.broker.embedded import entries, sessions
from actors.broker.embedded.catalogue import Catalogue
from actors.broker.embedded.content import message_of
from actors.broker.embedded.file import WHAT, File
from actors.broker.embedded.returns import bury, expire, give_back
from actors.broker.message import Delivery, Tag
from actors.broker.port import Ack, Nack, Reject, Settlement
from actors.broker.topology import Topology
from actors.errors import Unavailable, UnknownQueue
from supervision.clock import Clock

#: How often a consumer looks for dead ones on its queue.
SWEEP_SECONDS = 1.0


class Consuming:
    """A `ConsumeChannel` on a file."""

    def __init__(self, file: File, topology: Topology, clock: Clock, queue: str, poll_seconds: float) -> None:
        self.file = file
        self.topology = topology
        self.clock = clock
        self.queue = queue
        self.poll_seconds = poll_seconds
        self.directory = file.path.with_name(f"{file.path.name}-sessions")
        self.catalogue = Catalogue()
        self.epoch = sessions.new_id()
        self.lock = sessions.SessionLock(self.directory / str(self.epoch))
        self.queue_id = 0
        self._registered = False
        self._held: dict[int, int] = {}  # number of the delivery -> id of the message
        self._next_number = 1
        self._next_due = float("inf")
        self._sweep_at = 0.0
        self._seen = -1

    def open(self, prefetch: int) -> None:
        self.file.open()
        with self.file.guard():
            self.directory.mkdir(exist_ok=True)
            self.lock.acquire()
        with self.file.write() as connection:
            self.catalogue.declare(connection, self.topology.of_consumer(self.queue), self.clock.time())
            self.queue_id = self._find_queue()
            self._check_exclusive(connection)
            row = (self.epoch, self.queue_id, os.getpid())
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", row)
        self._registered = True

    def take(self, limit: int) -> list[Delivery]:
        self._seen = self.file.changes()
        if not self._look():
            return []
        with self.file.write() as connection:
            self._check_alive(connection)
            claims = self._claim(connection, limit)
        with self.file.guard():
            contents = entries.contents(self.file.connection, [id for id, _ in claims])
        return [self._delivery(id, delivered, contents[id]) for id, delivered in claims]

    def settle(self, settlements: Sequence[Settlement]) -> None:
        lost = 0
        with self.file.write() as connection:
            for settlement in settlements:
                ids = [self._held.pop(tag.number) for tag in settlement.tags]
                lost += len(ids) - self._carry_out(connection, settlement, ids)
        if lost:
            self.count_stale(lost)

    def return_all(self, failed: bool) -> None:
        self._held.clear()
        with self.file.write() as connection:
            held = entries.held(connection, self.epoch)
            self._give_back(connection, held, failed)
            sessions.yield_lease(connection, self.epoch)

    def set_prefetch(self, prefetch: int) -> None:
        """Nothing is fetched ahead here: the consumer's own count is enough."""

    def pause(self) -> None:
        if self.catalogue.queues[self.queue_id].single_active_consumer:
            with self.file.write() as connection:
                sessions.yield_lease(connection, self.epoch)

    def count_stale(self, tags: int) -> None:
        with self.file.write() as connection:
            entries.add_total(connection, self.queue_id, "stale_tags", tags)

    def poll(self) -> bool:
        now = self.clock.time()
        swept = False
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            swept = self._sweep()
        return swept or now >= self._next_due or self.file.changes() != self._seen

    def poll_in(self) -> float:
        return min(self.poll_seconds, max(0.001, self._next_due - self.clock.time()))

    def interrupt(self) -> None:
        self.file.interrupt()
        self.lock.release()

    def close(self) -> None:
        try:
            if self._registered:
                with self.file.write() as connection:
                    sessions.end(connection, self.catalogue, self.epoch, failed=False, now=self.clock.time())
            self.lock.remove()
        except (Unavailable, OSError):
            # The row stays; the next consumer that finds the lock free gives back what we held.
            pass
        finally:
            self.lock.release()
            self.file.close()

    # --- taking -----------------------------------------------------------------------------------------------------

    def _look(self) -> bool:
        """Whether a claim would find something; asks without the write lock."""
        with self.file.guard():
            ready, due = self.file.connection.execute(
                """
                SELECT EXISTS (SELECT 1 FROM entries WHERE queue = ?1 AND session IS NULL AND due IS NULL),
                       (SELECT MIN(due) FROM entries WHERE queue = ?1 AND due IS NOT NULL)
                """,
                (self.queue_id,),
            ).fetchone()
        self._next_due = float("inf") if due is None else due
        return bool(ready) or self._next_due <= self.clock.time()

    def _delivery(self, id: int, delivered: int, content: Sequence[object]) -> Delivery:
        number = self._next_number
        self._next_number += 1
        self._held[number] = id
        return Delivery(Tag(self.epoch, number), message_of(content), self.queue, delivered > 0, delivered)

    def _claim(self, connection: sqlite3.Connection, limit: int) -> list[tuple[int, int]]:
        queue, now = self.catalogue.queues[self.queue_id], self.clock.time()
        if queue.single_active_consumer and not sessions.take_lease(connection, self.queue_id, self.epoch):
            return []
        entries.promote(connection, self.queue_id, now)
        if queue.message_ttl_seconds is not None:
            expire(connection, self.catalogue, self.queue_id, queue.message_ttl_seconds, now)
        return entries.claim(connection, self.queue_id, self.epoch, limit)

    def _check_exclusive(self, connection: sqlite3.Connection) -> None:
        """A queue of one consumer's own has no second."""
        if not self.catalogue.queues[self.queue_id].exclusive:
            return
        if connection.execute("SELECT 1 FROM sessions WHERE queue = ?", (self.queue_id,)).fetchone() is not None:
            raise Unavailable(WHAT, str(self.file.path), f"{self.queue} belongs to another consumer")

    def _check_alive(self, connection: sqlite3.Connection) -> None:
        """A claim under a session that others have buried would be found by nobody."""
        if connection.execute("SELECT 1 FROM sessions WHERE id = ?", (self.epoch,)).fetchone() is None:
            why = f"the session of this consumer of {self.queue} was ended by another"
            raise Unavailable(WHAT, str(self.file.path), why)

    # --- settling ---------------------------------------------------------------------------------------------------

    def _carry_out(self, connection: sqlite3.Connection, settlement: Settlement, ids: list[int]) -> int:
        match settlement:
            case Ack():
                found = entries.delete(connection, self.epoch, ids)
                entries.add_total(connection, self.queue_id, "acked", found)
                return found
            case Nack(requeue=True, delay_seconds=delay) if delay > 0:
                due = self.clock.time() + delay
                self._next_due = min(self._next_due, due)
                return entries.defer(connection, self.epoch, ids, due)
            case Nack(requeue=True):
                return self._give_back(connection, ids, failed=True)
            case _:
                reason = settlement.reason if isinstance(settlement, Reject) else REJECTED
                self.catalogue.refresh(connection)
                return bury(connection, self.catalogue, self.epoch, ids, reason, self.clock.time())

    def _give_back(self, connection: sqlite3.Connection, ids: Collection[int], failed: bool) -> int:
        self.catalogue.refresh(connection)
        return give_back(connection, self.catalogue, self.epoch, ids, failed, self.clock.time())

    # --- house-keeping ----------------------------------------------------------------------------------------------

    def _find_queue(self) -> int:
        try:
            return self.catalogue.ids[self.queue]
        except KeyError:
            raise UnknownQueue(f"no queue {self.queue}: an app must declare it in its record's `queues`") from None

    def _sweep(self) -> bool:
        """Give back at once what consumers held whose process is dead; True when there was one."""
        with self.file.guard():
            dead = sessions.the_dead(self.file.connection, self.directory, self.epoch)
            expired = sessions.has_expired(self.file.connection, self.clock.time())
        if expired:
            with self.file.write() as connection:
                sessions.delete_expired(connection, self.catalogue, self.clock.time())
        try:
            for id, lock in dead:
                with self.file.write() as connection:
                    sessions.end(connection, self.catalogue, id, failed=True, now=self.clock.time())
                with self.file.guard():
                    lock.remove()
        finally:
            for _, lock in dead:
                lock.release()
        return bool(dead)
