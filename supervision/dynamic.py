"""A supervisor of children that come and go: each brings its spec, one dying touches no other, the dead are forgotten.

Elixir's `DynamicSupervisor`: always one_for_one, stopped all at once (each by its own deadline), at most
`max_children`. Children that wait for a restart keep their place in the count.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from supervision.child import Child
from supervision.errors import Refusal, SpecError
from supervision.spec import ChildSpec, Flags
from supervision.stopping import stop_together
from supervision.strategy import Strategy
from supervision.supervisor import Supervisor


class MaxChildren(Refusal):
    """The supervisor holds `max_children` already."""

    status = 429


class DynamicSupervisor(Supervisor):
    """Starts empty; children come by `StartChild(spec)` and are addressed by id."""

    forgets_the_dead: ClassVar[bool] = True

    def __init__(self, flags: Flags, max_children: int | None = None) -> None:
        if flags.strategy != "one_for_one":
            raise SpecError("invalid_strategy", flags.strategy, "must be one_for_one", field="strategy")
        if max_children is not None and (type(max_children) is not int or max_children < 0):
            raise SpecError("invalid_max_children", max_children, "must be a whole number >= 0", field="max_children")
        if flags.auto_shutdown != "never":
            value = (flags.strategy, flags.auto_shutdown)
            message = "a dynamic supervisor does not shut down by itself"
            raise SpecError("bad_combination", value, message, field="auto_shutdown")
        super().__init__(flags)
        self.max_children = max_children

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
        **childspec: Any,
    ) -> ChildSpec:
        """The spec of an empty dynamic supervisor."""
        if tuple(children):
            raise SpecError("bad_start_spec", children, "a dynamic supervisor starts empty", field="children")
        flags = Flags(
            strategy=strategy, intensity=intensity, period=period, on_limit=on_limit, auto_shutdown=auto_shutdown
        )
        return ChildSpec(id=id, actor=cls, args=(flags, max_children), type="supervisor", **childspec)

    def start_child(self, spec: ChildSpec) -> str | None:
        if self.max_children is not None and len(self.children) >= self.max_children:
            raise MaxChildren(f"{self.context.path} holds {self.max_children} children, its limit")
        return super().start_child(spec)

    def _stop_all(self, children: Sequence[Child]) -> None:
        stop_together(self.context.system, self.actor_inbox, children)
