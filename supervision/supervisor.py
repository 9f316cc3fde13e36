"""A supervisor: it starts children in order, restarts them by its strategy, and gives up when they fail too often.

The contract is OTP's `supervisor`. While it starts or stops a `required` child it serves nobody, as in OTP, but it
still hears its own stop request. This half begins and ends the supervisor and answers what is asked of it; the half
that acts by itself is `restarter`. It does no work of its own and never calls a child.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, Unpack

from supervision.calls import (
    AlreadyPresent,
    AlreadyStarted,
    ChildCounts,
    CountChildren,
    DeleteChild,
    GetChildSpec,
    NotFound,
    NotStarted,
    RestartChild,
    Restarting,
    Running,
    StartChild,
    TerminateChild,
    WhichChild,
    WhichChildren,
)
from supervision.child import Child, child_path
from supervision.errors import SpecError, StartFailed
from supervision.reasons import Crashed, Reason
from supervision.restarter import Restarter
from supervision.spec import ChildSpec, Flags, Options, check_childspec, check_childspecs, check_flags, supervisor_spec
from supervision.tree import Row

#: How a start is answered: the path; the path and what `on_start` returned; None when the child ignored.
Answer = str | tuple[str, Any] | None


class Supervisor(Restarter):
    """Start it through `Supervisor.spec(...)` as a child, or `launch` as the root."""

    mailbox_bound: ClassVar[int] = 10_000

    def __init__(self, flags: Flags, children: Iterable[ChildSpec] = ()) -> None:
        check_flags(flags)
        super().__init__(flags)
        self.init_specs = tuple(children)
        check_childspecs(self.init_specs, flags.auto_shutdown)

    @classmethod
    def spec(
        cls,
        id: str,
        children: Iterable[ChildSpec] = (),
        **options: Unpack[Options],
    ) -> ChildSpec:
        """The spec of a supervisor with these children."""
        return supervisor_spec(id, cls, (tuple(children),), options)

    # --- life --------------------------------------------------------------------------------------

    def init(self) -> Iterable[ChildSpec]:
        """The children to start with. Override it to decide anew at each start; raise `Ignore` to run nothing here."""
        return self.init_specs

    def on_start(self) -> None:
        self.context.system.tree.clear_below(self.context.path)
        self._write_budget()
        for spec in self._init_children():
            self._adopt(spec)
        for child in list(self.children.values()):
            failure = self._start(child)
            if failure is not None:
                self._note_failed_start(child, failure)
                raise StartFailed(child.path, failure) from _cause(failure)

    def on_receive(self, message: Any) -> Any:
        match message:
            case StartChild(spec):
                return self.start_child(spec)
            case TerminateChild(id):
                return self.terminate_child(id)
            case RestartChild(id):
                return self.restart_child(id)
            case DeleteChild(id):
                return self.delete_child(id)
            case GetChildSpec(id):
                return self._known(id).spec.completed
            case WhichChild(id):
                return self._row(self._known(id))
            case WhichChildren():
                return [self._row(child) for child in reversed(self.children.values())]
            case CountChildren():
                return self.count_children()
            case _:
                return super().on_receive(message)

    def wind_down(self, reason: Reason) -> None:
        """Stop the children before the mailbox closes, since their `Down`s come through it."""
        self._stop_all(list(self.children.values()))

    def _init_children(self) -> tuple[ChildSpec, ...]:
        specs = self.init()
        if isinstance(specs, str) or not isinstance(specs, Iterable):
            raise SpecError("bad_return", specs, f"{type(self).__name__}.init must return child specs")
        specs = tuple(specs)
        check_childspecs(specs, self.flags.auto_shutdown)
        return specs

    # --- management calls --------------------------------------------------------------------------

    def start_child(self, spec: ChildSpec) -> Answer:
        check_childspec(spec, self.flags.auto_shutdown)
        self._refuse_if_taken(spec)
        child = self._adopt(spec)
        failure = self._start(child)
        if failure is not None:
            self._forget(child)
            raise _not_started(child, failure)
        if child.alive and spec.restart == "temporary" and spec.start == "required":
            # Never started again, so what it was started with need not be kept: it may be large, or secret.
            child.spec = replace(spec, args=(), kwargs={})
        return _answer(child)

    def terminate_child(self, id: str) -> None:
        child = self._known(id)
        self._stop_all([child])
        if child.spec.restart == "temporary" or self.forgets_the_dead:
            self._forget(child)

    def restart_child(self, id: str) -> Answer:
        child = self._known(id)
        self._refuse_unless_down(child)
        failure = self._start(child)
        if failure is not None:
            self._note_failed_start(child, failure)
            raise _not_started(child, failure)
        return _answer(child)

    def delete_child(self, id: str) -> None:
        child = self._known(id)
        self._refuse_unless_down(child)
        self._forget(child)

    def count_children(self) -> ChildCounts:
        children = self.children.values()
        return ChildCounts(
            specs=len(children),
            active=sum(child.really_alive for child in children),
            supervisors=sum(child.spec.type == "supervisor" for child in children),
            workers=sum(child.spec.type != "supervisor" for child in children),
        )

    def _known(self, id: str) -> Child:
        if id not in self.children:
            raise NotFound(f"{self.context.path} has no child {id!r}", field="id")
        return self.children[id]

    def _row(self, child: Child) -> Row:
        row = self.context.system.tree.get(child.path)
        assert row is not None
        return row

    def _refuse_if_taken(self, spec: ChildSpec) -> None:
        known = self.children.get(spec.id)
        if known is not None:
            if known.alive:
                raise AlreadyStarted(f"{known.path} runs already", field="id")
            raise AlreadyPresent(f"{known.path} is known and {known.state}; restart or delete it", field="id")
        path = child_path(self.context.path, spec.id)
        stranger = self.context.system.registry.running(path)
        if stranger is not None and not stranger.context.fence.closed:
            raise AlreadyStarted(f"somebody else runs at {path}", field="id")

    def _refuse_unless_down(self, child: Child) -> None:
        if child.alive:
            raise Running(f"{child.path} is {child.state}", field="id")
        if child.waiting:
            raise Restarting(f"{child.path} waits for its next start", field="id")


def _answer(child: Child) -> Answer:
    if not child.alive:
        return None
    return child.path if child.info is None else (child.path, child.info)


def _not_started(child: Child, reason: Reason) -> Exception:
    """The refusal to raise; a name that is taken is told as such, as OTP does."""
    cause = _cause(reason)
    if isinstance(cause, AlreadyStarted):
        return cause
    refusal = NotStarted(f"{child.path} did not start: {reason}", reason=reason, spec=child.spec)
    refusal.__cause__ = cause
    return refusal


def _cause(reason: Reason) -> BaseException | None:
    return reason.error if isinstance(reason, Crashed) else None
