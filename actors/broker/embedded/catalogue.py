"""The topology as it stands in the file, and where a message goes by it. Used inside a transaction of its owner's file.

Other processes may declare more while we run; a counter in the file says so, and `refresh` then reads again.
"""

import sqlite3
from dataclasses import astuple

from actors.broker.topology import Binding, Exchange, Queue, Router, Topology

#: Routing keys are the publishers' to choose, so the cache of routes is emptied when it grows beyond this.
MAX_ROUTES = 10_000


class Catalogue:
    """One connection's view of the topology."""

    def __init__(self) -> None:
        self.topology = Topology()
        self.ids: dict[str, int] = {}
        self.queues: dict[int, Queue] = {}
        self._generation = -1
        self._router = Router(self.topology)
        self._routes: dict[tuple[str, str], tuple[int, ...]] = {}

    def declare(self, connection: sqlite3.Connection, wanted: Topology, now: float) -> None:
        """Add what is missing. Raises TopologyConflict when something exists with other arguments."""
        for queue in wanted.queues:
            if not queue.lasting:
                connection.execute("UPDATE queues SET used_at = ? WHERE name = ?", (now, queue.name))
        self.refresh(connection)
        known = self.topology
        merged = known.merge(wanted)
        # Written even when nothing is new: whoever declares learns here that the file can be written to.
        connection.execute("UPDATE counters SET value = value + ? WHERE name = 'topology'", (int(merged != known),))
        if merged == known:
            return
        for exchange in merged.exchanges[len(known.exchanges) :]:
            connection.execute("INSERT INTO exchanges VALUES (?, ?)", (exchange.name, exchange.type))
        for queue in merged.queues[len(known.queues) :]:
            marks = ", ".join("?" * len(astuple(queue)))
            connection.execute(f"INSERT INTO queues VALUES (NULL, {marks}, NULL, ?)", (*astuple(queue), now))
        for binding in merged.bindings[len(known.bindings) :]:
            row3 = (binding.exchange, binding.queue, binding.routing_key)
            connection.execute("INSERT INTO bindings VALUES (?, ?, ?)", row3)
        self.refresh(connection)

    def refresh(self, connection: sqlite3.Connection) -> None:
        """Read the topology again if it has changed."""
        generation = connection.execute("SELECT value FROM counters WHERE name = 'topology'").fetchone()[0]
        if generation == self._generation:
            return
        queues = connection.execute("SELECT * FROM queues ORDER BY id").fetchall()
        self.queues = {id: Queue(*arguments) for id, *arguments, _, _ in queues}
        self.ids = {queue.name: id for id, queue in self.queues.items()}
        self.topology = Topology(
            tuple(Exchange(*row) for row in connection.execute("SELECT name, type FROM exchanges")),
            tuple(self.queues.values()),
            tuple(Binding(*row) for row in connection.execute("SELECT exchange, queue, routing_key FROM bindings")),
        )
        self._router = Router(self.topology)
        self._routes.clear()
        self._generation = generation

    def delete(self, connection: sqlite3.Connection, queue: int) -> None:
        """A queue with all that is in it, and the bindings that lead to it."""
        name = self.queues[queue].name
        connection.execute("DELETE FROM entries WHERE queue = ?", (queue,))
        connection.execute("DELETE FROM bindings WHERE queue = ?", (name,))
        connection.execute("DELETE FROM queues WHERE id = ?", (queue,))
        connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'topology'")
        self.refresh(connection)

    def route(self, exchange: str, routing_key: str) -> tuple[int, ...]:
        """The ids of the queues that get such a message."""
        found = self._routes.get((exchange, routing_key))
        if found is None:
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            found = tuple(self.ids[name] for name in self._router.route(exchange, routing_key))
            self._routes[exchange, routing_key] = found
        return found
