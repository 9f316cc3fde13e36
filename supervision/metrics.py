"""Metrics of the tree: one collector that reads the snapshot when it is scraped, so restarts leave no stale series.

Labels are paths of child-spec ids, a closed set: children that come and go under a dynamic supervisor share the label
`parent/*`. Times are exported as timestamps, not ages. Runs in the thread that scrapes and asks no actor.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from supervision.system import System
from supervision.tree import Row, State
from supervision.verbs import Site


class TreeCollector(Collector):
    """Register it with any registry; it holds no state of its own."""

    def __init__(self, system: System) -> None:
        self._system = system

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the tree may not be there yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        rows = self._by_label()
        yield from _children(rows)
        yield from _mailboxes(rows)
        yield from self._supervisors(rows)
        yield from self._counts()

    def _by_label(self) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in self._system.tree.rows():
            rows[self._label(row.path)].append(row)
        return rows

    def _label(self, path: str) -> str:
        """The path, with the ids of dynamic children (and what is below them) folded into one."""
        label, real = "", ""
        for segment in path.strip("/").split("/"):
            dynamic = self._is_dynamic(real or "/")
            label, real = f"{label}/{'*' if dynamic else segment}", f"{real}/{segment}"
        return label

    def _is_dynamic(self, path: str) -> bool:
        row = self._system.tree.get(path)
        return bool(row and getattr(row.live, "forgets_the_dead", False))

    def _supervisors(self, rows: Mapping[str, list[Row]]) -> Iterator[Metric]:
        budget = GaugeMetricFamily(
            "supervisor_restart_budget",
            "Restarts that would still be tolerated in the window; at zero the next one ends the supervisor.",
            labels=["supervisor"],
        )
        now = self._system.clock.monotonic()
        for label, group in rows.items():
            left = [left for row in group if (left := row.budget_left(now)) is not None]
            if left:
                budget.add_metric([label], min(left))
        yield budget

    def _counts(self) -> Iterator[Metric]:
        counts = self._system.counts
        yield self._counter(
            "supervisor_escalations", "Restart limits reached.", "supervisor", self._fold(counts.escalations())
        )
        yield self._counter(
            "actor_dead_letters", "Messages that had no taker.", "child", self._fold(counts.dead_letters())
        )
        yield self._counter(
            "actor_abandonments", "Incarnations that did not stop in time.", "child", self._fold(counts.abandoned())
        )
        yield self._counter("fault_injections", "Faults that struck on purpose.", "kind", counts.faults())
        zombies = len(self._system.tree.zombies()) + len(self._system.tree.zombies_in_nodes())
        yield GaugeMetricFamily("actor_zombie_threads", "Abandoned threads that still run.", value=zombies)

    def _fold(self, counts: Mapping[str, int]) -> Counter[str]:
        folded: Counter[str] = Counter()
        for path, count in counts.items():
            folded[self._label(path)] += count
        return folded

    def _counter(self, name: str, documentation: str, label: str, counts: Mapping[str, int]) -> Metric:
        family = CounterMetricFamily(name, documentation, labels=[label])
        for value, count in counts.items():
            family.add_metric([value], count)
        return family


def collector(site: Site) -> TreeCollector:
    """The collector of supervision itself; each app brings its own beside it."""
    return TreeCollector(site.system)


def _children(rows: Mapping[str, list[Row]]) -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "supervisor_child_state", "Children in each state: 0 or 1 for a static child.", labels=["child", "state"]
    )
    restarts = CounterMetricFamily("supervisor_restarts", "Restarts of a child.", labels=["child", "reason"])
    started = GaugeMetricFamily(
        "actor_started_timestamp_seconds", "When the (oldest) incarnation came up, 0 when none runs.", labels=["child"]
    )
    retry = GaugeMetricFamily(
        "supervisor_backoff_until_timestamp_seconds", "When a waiting child is started next, 0 when none waits.",
        labels=["child"],
    )  # fmt: skip
    for label, group in rows.items():
        for one in State:
            state.add_metric([label, str(one)], sum(1 for row in group if row.state is one))
        for reason, count in _restarts(group).items():
            restarts.add_metric([label, reason], count)
        started.add_metric([label], min((row.started_at for row in group if row.started_at), default=0.0))
        retry.add_metric([label], min((row.next_retry_at for row in group if row.next_retry_at), default=0.0))
    yield from (state, restarts, started, retry)


def _restarts(group: Iterable[Row]) -> Counter[str]:
    restarts: Counter[str] = Counter()
    for row in group:
        restarts.update(dict(row.restarts_by_reason))
    return restarts


def _mailboxes(rows: Mapping[str, list[Row]]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("actor_mailbox_messages", "Messages waiting in a mailbox.", labels=["child", "lane"])
    handled = CounterMetricFamily(
        "actor_messages", "Messages handled by the running incarnation.", labels=["child"]
    )  # fmt: skip
    for label, group in rows.items():
        live = [row.live for row in group if row.live is not None]
        depths = [one.depth() for one in live]
        waiting.add_metric([label, "system"], sum(system for system, _ in depths))
        waiting.add_metric([label, "user"], sum(user for _, user in depths))
        handled.add_metric([label], sum(one.handled for one in live))
    yield from (waiting, handled)
