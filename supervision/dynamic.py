"""A supervisor of children that come and go: each brings its spec, one dying touches no other, the dead are forgotten.

Elixir's `DynamicSupervisor`: always one_for_one, stopped all at once (each by its own deadline), at most
`max_children`. Children that wait for a restart keep their place in the count.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from supervision.child import Child, child_path
from supervision.errors import Refusal, SpecError
from supervision.reasons import Reason
from supervision.spec import ChildSpec, Flags
from supervision.stopping import orderly_dynamic
from supervision.strategy import Strategy
from supervision.supervisor import Answer, Supervisor


class MaxChildren(Refusal):
    """The supervisor holds `max_children` already."""

    status = 429


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
        max_children: int | None = None,
        extra_arguments: tuple[Any, ...] = (),
        **childspec: Any,
    ) -> ChildSpec:
        """The spec of an empty dynamic supervisor; `extra_arguments` come before those of each child."""
        if tuple(children):
            raise SpecError("bad_start_spec", children, "a dynamic supervisor starts empty", field="children")
        flags = Flags(
            strategy=strategy, intensity=intensity, period=period, on_limit=on_limit, auto_shutdown=auto_shutdown
        )
        return ChildSpec(id=id, actor=cls, args=(flags, max_children, extra_arguments), type="supervisor", **childspec)

    def start_child(self, spec: ChildSpec) -> Answer:
        if self.max_children is not None and len(self.children) >= self.max_children:
            raise MaxChildren(f"{self.context.path} holds {self.max_children} children, its limit")
        return super().start_child(replace(spec, args=(*self.extra_arguments, *spec.args)))

    def judges_orderly(self, spec: ChildSpec, reason: Reason) -> bool:
        return orderly_dynamic(spec, reason)

    def _known(self, id: str) -> Child:
        """A child that came and will go is known by its path as well."""
        return super()._known(id.removeprefix(child_path(self.context.path, "")))
