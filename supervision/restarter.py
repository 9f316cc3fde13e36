"""The half of a supervisor that acts by itself: children come up, end, and are restarted, parked or forgotten.

Runs in the supervisor's thread. A restart that fails comes back through the supervisor's own mailbox, so calls and
shutdown are served between two attempts. What dies with whom is in `strategy`, how often in `budget` and `intensity`,
how soon in `backoff`: values all; this class carries their answers out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from supervision.actor import Actor, Stop
from supervision.address import StartOf
from supervision.budget import RestartBudget
from supervision.child import Child, child_path
from supervision.events import ChildExited, ChildParked, LimitReached
from supervision.messages import Down, Started
from supervision.reasons import IGNORED, Reason, Shutdown
from supervision.spec import ChildSpec, Flags
from supervision.starting import StartDue, await_start, came_up, launch_child, overdue
from supervision.stopping import orderly, replace_hung, stop_together
from supervision.strategy import Strategy, plan
from supervision.tree import State
from supervision.watching import Check, hangs, watch

#: The reason of a supervisor that gave up: a clean one, as in OTP, so a transient supervisor stays down.
LIMIT_REACHED = Shutdown(note="restart limit reached")
#: The reason of a supervisor that ended because its significant children did.
AUTO_SHUTDOWN = Shutdown(note="significant child ended")


@dataclass(frozen=True, slots=True)
class Retry:
    """A note to self: the time has come to start `ids` again, unless `attempt` of `id` is stale by now."""

    id: str
    attempt: int
    ids: tuple[str, ...]


class Restarter(Actor):
    """The children of one supervisor, in start order, and what becomes of them."""

    #: Whether a child that will not be restarted is forgotten whatever its type (dynamic kinds).
    forgets_the_dead: ClassVar[bool] = False
    #: Whether all children are asked to stop at once, each with its own deadline, instead of one after the other.
    stops_together: ClassVar[bool] = False

    def __init__(self, flags: Flags) -> None:
        super().__init__()
        self.flags = flags
        self.budget = RestartBudget(flags)
        self.children: dict[str, Child] = {}

    def on_receive(self, message: Any) -> Any:
        match message:
            case Down(path, incarnation, reason):
                self._on_down(path, incarnation, reason)
            case Started(path, incarnation, info):
                child = self._child_from(path, incarnation)
                if child is not None:
                    self._came_up(child, info)
            case Retry(id, attempt, ids):
                child = self.children.get(id)
                if child is not None and child.waiting and child.attempt == attempt:
                    self._start_group(ids)
            case Check():
                self._check(message)
            case StartDue(id):
                child = self.children.get(id)
                late = None if child is None else overdue(self.context.system, self.actor_inbox, child, message)
                if child is not None and late is not None:
                    self._eventual_start_failed(child, late)
            case _:
                return super().on_receive(message)
        return None

    def inspect(self) -> Any:
        """Its flags, its budget and how each child stands; what children were started with stays out of sight."""
        return {
            "strategy": self.flags.strategy,
            "budget": self.budget.as_row(),
            "children": {id: str(child.state) for id, child in self.children.items()},
        }

    # --- starting ----------------------------------------------------------------------------------

    def _adopt(self, spec: ChildSpec) -> Child:
        child = Child(spec, child_path(self.context.path, spec.id))
        self.children[spec.id] = child
        child.write(self.context.system)
        return child

    def _start(self, child: Child) -> Reason | None:
        """Start a child; None when it runs, ignored, or (eventual) is on its way, else why it failed."""
        if child.spec.start == "eventual":
            failure = launch_child(self.context.system, self.actor_inbox, child)
            if failure is not None:
                self._eventual_start_failed(child, failure)
            else:
                child.timer = self.send_after(child.spec.start_timeout, StartDue(child.spec.id, child.incarnation))
            return None
        failure = self._start_and_wait(child)
        if failure is None:
            watch(child, self.send_after)
        elif failure == IGNORED:
            self._ignored(child)
            return None
        return failure

    def _start_and_wait(self, child: Child) -> Reason | None:
        system, inbox = self.context.system, self.actor_inbox
        self.waits_for = StartOf(child.path)  # before it is launched, so that its `on_start` cannot call up to here
        try:
            return launch_child(system, inbox, child) or await_start(system, inbox, child)
        finally:
            self.waits_for = None

    def _came_up(self, child: Child, info: Any) -> None:
        child.cancel_retry()
        came_up(self.context.system, child, info)
        watch(child, self.send_after)

    def _ignored(self, child: Child) -> None:
        """A success without a process."""
        if self.forgets_the_dead or child.spec.restart == "temporary":
            self._forget(child)
        else:
            child.write(self.context.system)

    def _start_group(self, ids: Sequence[str]) -> None:
        """Start the members that are down, in order; the first that fails sends the group round again."""
        for id in ids:
            child = self.children.get(id)
            if child is None or child.alive:
                continue
            failure = self._start(child)
            if failure is not None:
                self._restart(child, failure, started=False)
                return

    # --- ends and restarts -------------------------------------------------------------------------

    def _on_down(self, path: str, incarnation: int, reason: Reason) -> None:
        child = self._child_from(path, incarnation)
        if child is None:
            return  # an incarnation already replaced or stopped, or a stranger: OTP ignores unknown pids, and so do we
        was_starting = child.state is State.STARTING
        if not was_starting:
            child.fail_again(self.context.system.clock.monotonic())
        child.went_down(reason, self.context.system.clock.time())
        if reason == IGNORED:
            self._ignored(child)
        elif was_starting:
            self._eventual_start_failed(child, reason)
        else:
            self._after_end(child, reason)

    def _child_from(self, path: str, incarnation: int) -> Child | None:
        child = self.children.get(path.rpartition("/")[2])
        return child if child is not None and child.is_from(path, incarnation) and child.alive else None

    def _after_end(self, child: Child, reason: Reason) -> None:
        if child.spec.restarts_after(reason):
            self._restart(child, reason, started=True)
        else:
            self._stays_down(child, reason)

    def _stays_down(self, child: Child, reason: Reason) -> None:
        self._emit_exit(child, reason, restart_in=None, started=True)
        if child.spec.restart == "temporary" or self.forgets_the_dead:
            self._forget(child)
        else:
            child.write(self.context.system)
        if child.spec.significant and self._shuts_down_by_itself():
            raise Stop(AUTO_SHUTDOWN)

    def _shuts_down_by_itself(self) -> bool:
        """A significant child has just ended by itself; whether that was one too many."""
        significant = (child for child in self.children.values() if child.spec.significant)
        return self.flags.auto_shutdown == "any_significant" or not any(c.alive or c.waiting for c in significant)

    def _restart(self, child: Child, reason: Reason, *, started: bool) -> None:
        """Spend budget, stop whoever falls with this child, then start the group now or after the backoff."""
        if not started:
            child.streak += 1
            child.went_down(reason, self.context.system.clock.time())
        if reason.permanent:
            self._emit_exit(child, reason, restart_in=None, started=started)
            self._park(child, reason)
            return
        if not self._spend_budget(child, reason, started=started):
            return
        delay = self._delay(child)
        self._emit_exit(child, reason, restart_in=delay, started=started)
        group = plan(cast(Strategy, self.flags.strategy), tuple(self.children), child.spec.id)
        child.restarts[reason.category if started else "start_failed"] += 1
        self._stop_bystanders([self.children[id] for id in group.stop])
        if delay > 0 or not started:
            self._schedule(child, delay, group.start)
        else:
            self._start_group(group.start)

    def _spend_budget(self, child: Child, reason: Reason, *, started: bool) -> bool:
        """Count one restart. Past the limit: park the child and return False, or give up by `Stop`."""
        system = self.context.system
        verdict = self.budget.spend(child, system.clock.monotonic())
        if verdict == "restart":
            self._write_budget()
            return True
        self._emit_exit(child, reason, restart_in=None, started=started)
        if verdict == "limit":
            system.events.emit(
                LimitReached(
                    path=self.context.path,
                    child=child.path,
                    intensity=self.flags.intensity,
                    period_seconds=self.flags.period,
                )
            )
            if self.flags.on_limit == "escalate":
                child.write(system)
                raise Stop(LIMIT_REACHED)
        self._park(child, reason)
        return False

    def _park(self, child: Child, reason: Reason) -> None:
        """Keep it down, visibly, until somebody restarts it by hand; then it has a fresh limit of its own."""
        child.restart_times = ()
        child.state = State.FAILED
        child.write(self.context.system)
        self.context.system.events.emit(ChildParked(path=child.path, reason=reason))

    def _eventual_start_failed(self, child: Child, reason: Reason) -> None:
        """What the child needs is not there yet. That costs no budget: it waits and tries again until it is.

        Where trying again is useless it is parked instead: its siblings go on, and somebody has to look.
        """
        child.streak += 1
        child.restarts["start_failed"] += 1
        child.went_down(reason, self.context.system.clock.time())
        if reason.permanent:
            self._emit_exit(child, reason, restart_in=None, started=False)
            self._park(child, reason)
            return
        delay = self._delay(child)
        self._emit_exit(child, reason, restart_in=delay, started=False)
        self._schedule(child, delay, (child.spec.id,))

    def _delay(self, child: Child) -> float:
        backoff = child.spec.effective_backoff
        return backoff.delay(child.streak, self.context.system.rng) if backoff else 0.0

    def _schedule(self, child: Child, delay: float, ids: tuple[str, ...]) -> None:
        """Come back to it later. Through the user lane, so that waiting calls are served between two attempts."""
        child.cancel_retry()
        child.state = State.BACKOFF
        child.next_retry_at = self.context.system.clock.time() + delay
        retry = Retry(child.spec.id, child.attempt, ids)
        if delay > 0:
            child.timer = self.send_after(delay, retry)
        else:
            self.actor_inbox.put_unbounded(retry)
        child.write(self.context.system)

    def _check(self, note: Check) -> None:
        child = self.children.get(note.id)
        if child is None or child.actor is None or child.incarnation != note.incarnation:
            return
        if hangs(child, note):
            reason = replace_hung(self.context.system, self.actor_inbox, child)
            child.fail_again(self.context.system.clock.monotonic())
            self._after_end(child, reason)
        else:
            watch(child, self.send_after)

    # --- stopping and forgetting -------------------------------------------------------------------

    def _stop_bystanders(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.alive:
                child.restarts["sibling"] += 1
            self._stop_together([child])
            if child.spec.restart == "temporary":
                self._forget(child)

    def _stop_all(self, children: Sequence[Child]) -> None:
        """Stop `children`, given in start order, in reverse; one after the other, unless they stop together."""
        if self.stops_together:
            self._stop_together(children)
            return
        for child in reversed(children):
            self._stop_together([child])

    def judges_orderly(self, spec: ChildSpec, reason: Reason) -> bool:
        """Whether an end on request is as it should be."""
        return orderly(spec, reason)

    def _stop_together(self, children: Sequence[Child]) -> None:
        stop_together(self.context.system, self.actor_inbox, children, self.judges_orderly)

    def _forget(self, child: Child) -> None:
        child.cancel_retry()
        self.children.pop(child.spec.id, None)
        self.context.system.tree.remove(child.path)

    # --- telling -----------------------------------------------------------------------------------

    def _emit_exit(self, child: Child, reason: Reason, *, restart_in: float | None, started: bool) -> None:
        system = self.context.system
        system.events.emit(
            ChildExited(
                path=child.path,
                incarnation=child.incarnation,
                reason=reason,
                restart_in=restart_in,
                budget_left=self.budget.left(system.clock.monotonic()),
                started=started,
            )
        )

    def _note_failed_start(self, child: Child, reason: Reason) -> None:
        """A start that nobody retries: at boot, or by a call."""
        child.went_down(reason, self.context.system.clock.time())
        child.write(self.context.system)
        self._emit_exit(child, reason, restart_in=None, started=False)

    def _write_budget(self) -> None:
        self.context.system.tree.put_budget(self.context.path, self.budget.as_row())
