"""A supervisor of children that come and go: each brings its spec, one dying touches no other, the dead are forgotten.

Elixir's `DynamicSupervisor`: always one_for_one, stopped all at once (each by its own deadline), at most
`max_children`. Children that wait for a restart keep their place in the count. A request that finds no place is
refused, or waits in line for as long as it says: first come, first served.
"""

import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Unpack

from supervision.actor import Reply, Stop
from supervision.calls import StartChild
from supervision.child import Child, child_path
from supervision.errors import NoProc, Refusal, SpecError
from supervision.reasons import Reason
from supervision.spec import ChildSpec, Flags, Options, supervisor_spec
from supervision.stopping import orderly_dynamic
from supervision.supervisor import Answer, Supervisor

#: Requests that wait in line for a place; more are refused at once.
MAX_WAITING = 1000


class MaxChildren(Refusal):
    """The supervisor holds `max_children` already, and nobody left in time."""

    status = 429


@dataclass(frozen=True, slots=True)
class PlaceFree:
    """A note to self: a child was forgotten while requests wait."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request in line; also the note to self that it has waited long enough."""

    number: int
    spec: ChildSpec
    reply: Reply


class DynamicSupervisor(Supervisor):
    """Starts empty; children come by `StartChild(spec)` and are addressed by id."""

    forgets_the_dead: ClassVar[bool] = True
    stops_together: ClassVar[bool] = True

    def __init__(self, flags: Flags, max_children: int | None = None, extra_arguments: tuple[Any, ...] = ()) -> None:
        if flags.strategy != "one_for_one":
            raise SpecError("invalid_strategy", flags.strategy, "must be one_for_one", field="strategy")
        if max_children is not None and (type(max_children) is not int or max_children < 0):
            raise SpecError("invalid_max_children", max_children, "must be a whole number >= 0", field="max_children")
        if not isinstance(extra_arguments, tuple | list):
            message = "must be a list of arguments"
            raise SpecError("invalid_extra_arguments", extra_arguments, message, field="extra_arguments")
        if flags.auto_shutdown != "never":
            message = "a dynamic supervisor does not shut down by itself"
            raise SpecError("invalid_auto_shutdown", flags.auto_shutdown, message, field="auto_shutdown")
        super().__init__(flags)
        self.max_children = max_children
        self.extra_arguments = tuple(extra_arguments)
        self.waiting: deque[Waiting] = deque()
        self._numbers_in_line = itertools.count()

    @classmethod
    def spec(
        cls,
        id: str,
        children: Iterable[ChildSpec] = (),
        *,
        max_children: int | None = None,
        extra_arguments: tuple[Any, ...] = (),
        **options: Unpack[Options],
    ) -> ChildSpec:
        """The spec of an empty dynamic supervisor; `extra_arguments` come before those of each child."""
        if tuple(children):
            raise SpecError("bad_start_spec", children, "a dynamic supervisor starts empty", field="children")
        return supervisor_spec(id, cls, (max_children, extra_arguments), options)

    def on_receive(self, message: Any) -> Any:
        match message:
            case StartChild(spec, wait) if wait > 0 and self._full and len(self.waiting) < MAX_WAITING:
                self._line_up(spec, wait)
            case PlaceFree():
                self._serve_waiting()
            case Waiting(reply=reply):
                if message in self.waiting:
                    self.waiting.remove(message)
                    reply.fail(self._refusal())
            case _:
                return super().on_receive(message)

    def start_child(self, spec: ChildSpec) -> Answer:
        if self._full:
            raise self._refusal()
        return self._start_child_now(spec)

    def _start_child_now(self, spec: ChildSpec) -> Answer:
        return super().start_child(replace(spec, args=(*self.extra_arguments, *spec.args)))

    def wind_down(self, reason: Reason) -> None:
        for waiting in self.waiting:
            waiting.reply.fail(NoProc(f"{self.context.path} ended before there was a place"))
        self.waiting.clear()
        super().wind_down(reason)

    # --- waiting for a place -----------------------------------------------------------------------

    @property
    def _full(self) -> bool:
        """Whether a new request finds no place; one before it in line comes first."""
        return bool(self.waiting) or not self._has_place

    @property
    def _has_place(self) -> bool:
        return self.max_children is None or len(self.children) < self.max_children

    def _refusal(self) -> MaxChildren:
        return MaxChildren(f"{self.context.path} holds {self.max_children} children, its limit")

    def _line_up(self, spec: ChildSpec, seconds: float) -> None:
        waiting = Waiting(next(self._numbers_in_line), spec, self.take_reply())
        self.waiting.append(waiting)
        self.send_after(seconds, waiting)

    def _serve_waiting(self) -> None:
        while self.waiting and self._has_place:
            waiting = self.waiting.popleft()
            try:
                waiting.reply.set(self._start_child_now(waiting.spec))
            except Refusal as refusal:
                waiting.reply.fail(refusal)
            except Stop:
                waiting.reply.fail(NoProc(f"{self.context.path} ended while the child started"))
                raise

    def _forget(self, child: Child) -> None:
        super()._forget(child)
        if self.waiting:
            self.actor_inbox.put_unbounded(PlaceFree())

    # --- as Elixir does it -------------------------------------------------------------------------

    def judges_orderly(self, spec: ChildSpec, reason: Reason) -> bool:
        return orderly_dynamic(spec, reason)

    def _known(self, id: str) -> Child:
        """A child that came and will go is known by its path as well."""
        return super()._known(id.removeprefix(child_path(self.context.path, "")))
