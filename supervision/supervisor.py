"""A supervisor: it starts children in order, restarts them by its strategy, and gives up when they fail too often.

The contract is OTP's `supervisor`. While it starts or stops a `required` child it serves nobody, as in OTP, but it
still hears its own stop request; retries come back through its mailbox, so calls and shutdown are served in between.
What a child promises is in `spec`, what dies with it in `strategy`, how often in `intensity`, how soon in `backoff`:
pure modules all; this one carries their answers out. It does no work of its own and never calls a child.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from supervision.actor import Actor, Stop, spawn
from supervision.calls import (
    AlreadyPresent,
    AlreadyStarted,
    DeleteChild,
    GetChildSpec,
    NotFound,
    NotStarted,
    RestartChild,
    Restarting,
    Running,
    StartChild,
    TerminateChild,
    WhichChildren,
)
from supervision.child import Child, child_path
from supervision.context import Context
from supervision.errors import RookeryError, StartFailed
from supervision.events import ChildExited, ChildParked, ChildStarted, LimitReached
from supervision.intensity import Window
from supervision.messages import Down, Started, StopRequest
from supervision.reasons import IGNORED, Crashed, Hung, Reason, Shutdown
from supervision.spec import ChildSpec, Flags, check_childspec, check_childspecs, check_flags
from supervision.stopping import replace_hung, stop_together
from supervision.strategy import Strategy, plan
from supervision.tree import Budget, State

#: The reason of a supervisor that gave up: a clean one, as in OTP, so a transient supervisor stays down.
LIMIT_REACHED = Shutdown("restart limit reached")
#: The reason of a supervisor that ended because its significant children did.
AUTO_SHUTDOWN = Shutdown("significant child ended")


class StartTimeout(RookeryError):
    """`on_start` did not return within the spec's `start_timeout`."""


@dataclass(frozen=True, slots=True)
class Retry:
    """A note to self: the time has come to start `ids` again, unless `attempt` of `id` is stale by now."""

    id: str
    attempt: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A note to self: has `incarnation` of `id` got past the message that was its `handled`-th when last looked at?"""

    id: str
    incarnation: int
    handled: int


class Supervisor(Actor):
    """Start it through `Supervisor.spec(...)` as a child, or `launch` as the root."""

    mailbox_bound: ClassVar[int] = 10_000
    #: Whether a child that will not be restarted is forgotten whatever its type (dynamic kinds).
    forgets_the_dead: ClassVar[bool] = False

    def __init__(self, flags: Flags, children: Iterable[ChildSpec] = ()) -> None:
        super().__init__()
        check_flags(flags)
        self.flags = flags
        self.init_specs = tuple(children)
        check_childspecs(self.init_specs, flags.auto_shutdown)
        self.window = Window(flags.intensity, flags.period)
        self.restart_times: tuple[float, ...] = ()
        self.children: dict[str, Child] = {}

    @classmethod
    def spec(
        cls,
        id: str,
        children: Iterable[ChildSpec] = (),
        *,
        strategy: Strategy = "one_for_one",
        intensity: int = 3,
        period: float = 5.0,
        on_limit: str = "escalate",
        auto_shutdown: str = "never",
        **childspec: Any,
    ) -> ChildSpec:
        """The spec of a supervisor with these children; `childspec` are further fields of `ChildSpec`."""
        flags = Flags(
            strategy=strategy, intensity=intensity, period=period, on_limit=on_limit, auto_shutdown=auto_shutdown
        )
        return ChildSpec(id=id, actor=cls, args=(flags, tuple(children)), type="supervisor", **childspec)

    # --- life --------------------------------------------------------------------------------------

    def on_start(self) -> None:
        self.context.system.tree.clear_below(self.context.path)
        self._write_budget()
        for spec in self.init_specs:
            self._adopt(spec)
        for child in list(self.children.values()):
            failure = self._start(child)
            if failure is not None:
                self._note_failed_start(child, failure, restart_in=None)
                raise StartFailed(child.path, failure)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Down(path, incarnation, reason):
                self._on_down(path, incarnation, reason)
            case Started(path, incarnation):
                child = self._child_from(path, incarnation)
                if child is not None:
                    self._came_up(child)
            case Retry(id, attempt, ids):
                child = self.children.get(id)
                if child is not None and child.waiting and child.attempt == attempt:
                    self._start_group(ids)
            case Check():
                self._check(message)
            case StartChild(spec):
                return self.start_child(spec)
            case TerminateChild(id):
                return self.terminate_child(id)
            case RestartChild(id):
                return self.restart_child(id)
            case DeleteChild(id):
                return self.delete_child(id)
            case GetChildSpec(id):
                return self._known(id).spec
            case WhichChildren():
                return self.context.system.tree.children(self.context.path)[::-1]
            case _:
                return super().on_receive(message)
        return None

    def wind_down(self, reason: Reason) -> None:
        """Stop the children before the mailbox closes, since their `Down`s come through it."""
        self._stop_all(list(self.children.values()))

    # --- management calls --------------------------------------------------------------------------

    def start_child(self, spec: ChildSpec) -> str | None:
        check_childspec(spec, self.flags.auto_shutdown)
        known = self.children.get(spec.id)
        if known is not None:
            if known.alive:
                raise AlreadyStarted(f"{known.path} runs already", field="id")
            raise AlreadyPresent(f"{known.path} is known and {known.state}; restart or delete it", field="id")
        child = self._adopt(spec)
        failure = self._start(child)
        if failure is not None:
            self._forget(child)
            raise NotStarted(f"{child.path} did not start: {failure}") from _cause(failure)
        if child.spec.id in self.children and not child.alive and spec.restart == "temporary":
            self._forget(child)
        return child.path if child.alive else None

    def terminate_child(self, id: str) -> None:
        child = self._known(id)
        self._stop_all([child])
        if child.spec.restart == "temporary" or self.forgets_the_dead:
            self._forget(child)

    def restart_child(self, id: str) -> str | None:
        child = self._known(id)
        self._refuse_unless_down(child)
        failure = self._start(child)
        if failure is not None:
            self._note_failed_start(child, failure, restart_in=None)
            raise NotStarted(f"{child.path} did not start: {failure}") from _cause(failure)
        return child.path if child.alive else None

    def delete_child(self, id: str) -> None:
        child = self._known(id)
        self._refuse_unless_down(child)
        self._forget(child)

    def _known(self, id: str) -> Child:
        if id not in self.children:
            raise NotFound(f"{self.context.path} has no child {id!r}", field="id")
        return self.children[id]

    def _refuse_unless_down(self, child: Child) -> None:
        if child.alive:
            raise Running(f"{child.path} is {child.state}", field="id")
        if child.waiting:
            raise Restarting(f"{child.path} waits for its next start", field="id")

    # --- starting ----------------------------------------------------------------------------------

    def _adopt(self, spec: ChildSpec) -> Child:
        child = Child(spec, child_path(self.context.path, spec.id))
        self.children[spec.id] = child
        child.write(self.context.system)
        return child

    def _start(self, child: Child) -> Reason | None:
        """Start a child; None when it runs, ignored, or (eventual) is on its way, else why it failed."""
        if child.spec.start == "eventual":
            failure = self._launch(child)
            if failure is not None:
                self._eventual_start_failed(child, failure)
            return None
        self.waits_for = child.path
        try:
            return self._launch(child) or self._await_start(child)
        finally:
            self.waits_for = None

    def _launch(self, child: Child) -> Reason | None:
        child.cancel_retry()
        child.incarnation = self.context.system.next_incarnation()
        child.state = State.STARTING
        context = Context(
            child.path, child.incarnation, self.context.system, self.actor_inbox.put_system, child.spec.type
        )
        try:
            child.actor = spawn(child.spec.actor, child.spec.args, dict(child.spec.kwargs), context)
        except Exception as error:
            child.actor = None
            return Crashed.of(error)
        child.write(self.context.system)
        return None

    def _await_start(self, child: Child) -> Reason | None:
        notice = self.actor_inbox.receive(
            lambda message: (
                isinstance(message, StopRequest)
                or (isinstance(message, Started | Down) and child.is_from(message.path, message.incarnation))
            ),
            child.spec.start_timeout,
        )
        match notice:
            case Started():
                self._came_up(child)
                return None
            case Down(reason=reason):
                child.went_down(reason, self.context.system.clock.time())
                if reason == IGNORED:
                    self._ignored(child)
                    return None
                return reason
            case StopRequest(reason):
                raise Stop(reason)
            case _:
                stop_together(self.context.system, self.actor_inbox, [child])
                return Crashed(StartTimeout(f"not ready within {child.spec.start_timeout:g} s"))

    def _came_up(self, child: Child) -> None:
        clock = self.context.system.clock
        child.state = State.RUNNING
        child.running_since, child.started_at = clock.monotonic(), clock.time()
        child.write(self.context.system)
        self.context.system.events.emit(
            ChildStarted(path=child.path, incarnation=child.incarnation, restarts=child.restarts.total())
        )
        self._watch(child)

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

    def _after_end(self, child: Child, reason: Reason) -> None:
        if child.spec.restarts_after(reason):
            self._restart(child, reason, started=True)
        else:
            self._stays_down(child, reason)

    def _child_from(self, path: str, incarnation: int) -> Child | None:
        child = self.children.get(path.rpartition("/")[2])
        return child if child is not None and child.is_from(path, incarnation) and child.alive else None

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
        now = system.clock.monotonic()
        if child.spec.limit is not None:
            child.restart_times, exceeded = child.spec.limit.add(child.restart_times, now)
            if exceeded:
                self._emit_exit(child, reason, restart_in=None, started=started)
                self._park(child, reason)
                return False
        times, exceeded = self.window.add(self.restart_times, now)
        if not exceeded:
            self.restart_times = times
            self._write_budget()
            return True
        self._emit_exit(child, reason, restart_in=None, started=started)
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
        """What the child needs is not there yet. That costs no budget: it waits and tries again until it is."""
        child.streak += 1
        child.restarts["start_failed"] += 1
        child.went_down(reason, self.context.system.clock.time())
        delay = self._delay(child)
        self._emit_exit(child, reason, restart_in=delay, started=False)
        self._schedule(child, delay, (child.spec.id,))

    def _note_failed_start(self, child: Child, reason: Reason, restart_in: float | None) -> None:
        child.went_down(reason, self.context.system.clock.time())
        child.write(self.context.system)
        self._emit_exit(child, reason, restart_in=restart_in, started=False)

    def _delay(self, child: Child) -> float:
        backoff = child.spec.effective_backoff
        return backoff.delay(child.streak, self.context.system.rng) if backoff else 0.0

    def _schedule(self, child: Child, delay: float, ids: tuple[str, ...]) -> None:
        """Come back to it later. Through the user lane, so that waiting calls are served between two attempts."""
        child.cancel_retry()
        child.state = State.BACKOFF
        child.next_retry_at = self.context.system.clock.time() + delay
        child.timer = self.send_after(delay, Retry(child.spec.id, child.attempt, ids))
        child.write(self.context.system)

    # --- children that hang -------------------------------------------------------------------------

    def _watch(self, child: Child) -> None:
        if child.spec.watchdog is not None and child.actor is not None:
            # Twice per allowance, so a hang is seen after at most one and a half.
            self.send_after(child.spec.watchdog / 2, Check(child.spec.id, child.incarnation, child.actor.handled))

    def _check(self, note: Check) -> None:
        """Look at progress, not at a sign of life: the message in hand is the one of the last look, and too old."""
        child = self.children.get(note.id)
        if child is None or child.actor is None or child.incarnation != note.incarnation:
            return
        busy = child.actor.busy_seconds()
        allowed = child.spec.watchdog or float("inf")
        if child.state is State.RUNNING and child.actor.handled == note.handled and busy >= allowed:
            replace_hung(self.context.system, self.actor_inbox, child)
            child.fail_again(self.context.system.clock.monotonic())
            self._after_end(child, Hung(busy))
        else:
            self._watch(child)

    # --- stopping and forgetting -------------------------------------------------------------------

    def _stop_bystanders(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.alive:
                child.restarts["sibling"] += 1
            stop_together(self.context.system, self.actor_inbox, [child])
            if child.spec.restart == "temporary":
                self._forget(child)

    def _stop_all(self, children: Sequence[Child]) -> None:
        """Stop `children`, given in start order, in reverse, one after the other."""
        for child in reversed(children):
            stop_together(self.context.system, self.actor_inbox, [child])

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
                budget_left=self.window.left(self.restart_times, system.clock.monotonic()),
                started=started,
            )
        )

    def _write_budget(self) -> None:
        self.context.system.tree.put_budget(
            self.context.path,
            Budget(self.flags.strategy, self.flags.intensity, self.flags.period, self.restart_times),
        )


def _cause(reason: Reason) -> BaseException | None:
    return reason.error if isinstance(reason, Crashed) else None
