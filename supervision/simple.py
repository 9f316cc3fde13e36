"""A supervisor of many alike: one template, as many instances as are asked for. OTP's `simple_one_for_one`.

An instance is addressed by its path, as OTP addresses it by its pid; its id is only the last segment of that path. What
an instance was started with beside the template is appended to the template's arguments, at each of its restarts too.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from supervision.calls import ChildCounts, DeleteChild, GetChildSpec, NotFound, RestartChild, StartChild
from supervision.child import Child
from supervision.dynamic import DynamicSupervisor
from supervision.errors import Refusal, SpecError
from supervision.reasons import Reason
from supervision.spec import ChildSpec, Flags, Options, check_childspec, supervisor_spec
from supervision.stopping import orderly


@dataclass(frozen=True, slots=True)
class StartInstance:
    """Start one more, with `args` after those of the template. Answers as `StartChild` does."""

    args: tuple[Any, ...] = field(default=(), repr=False)


class SimpleOneForOne(Refusal):
    """A supervisor of instances cannot do that: it has one spec, and its children are addressed by path."""


class SimpleSupervisor(DynamicSupervisor):
    """Starts empty; instances come by `StartInstance`."""

    def __init__(self, flags: Flags, template: ChildSpec) -> None:
        if flags.auto_shutdown != "never":
            value = ("simple_one_for_one", flags.auto_shutdown)
            message = "a supervisor of instances does not shut down by itself"
            raise SpecError("bad_combination", value, message, field="auto_shutdown")
        super().__init__(flags)
        check_childspec(template, flags.auto_shutdown)
        self.template = template
        self._numbers = itertools.count(1)

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
        """The spec of a supervisor of instances; `children` is the template, alone."""
        templates = list(children)
        if len(templates) != 1 or max_children is not None or extra_arguments:
            raise SpecError("bad_start_spec", templates, "needs exactly one child spec, the template", field="children")
        return supervisor_spec(id, cls, (templates[0],), options)

    def on_receive(self, message: Any) -> Any:
        match message:
            case StartInstance(args):
                id = f"{self.template.id}-{next(self._numbers)}"
                return self.start_child(replace(self.template, id=id, args=(*self.template.args, *args)))
            case GetChildSpec(id):
                self._known(id)
                return self.template.completed
            case StartChild() | RestartChild() | DeleteChild():
                raise SimpleOneForOne(f"{self.context.path} has one spec, its template: use StartInstance")
            case _:
                return super().on_receive(message)

    def terminate_child(self, id: str) -> None:
        """Stop an instance. That it has ended already is fine, as long as nobody else lives at that path."""
        try:
            super().terminate_child(id)
        except NotFound:
            if self.context.system.registry.running(id) is not None:
                raise

    def count_children(self) -> ChildCounts:
        return replace(super().count_children(), specs=1)

    def judges_orderly(self, spec: ChildSpec, reason: Reason) -> bool:
        return orderly(spec, reason)

    def _known(self, id: str) -> Child:
        if not id.startswith("/"):
            raise SimpleOneForOne(f"{self.context.path} knows its children by path, not by {id!r}", field="id")
        return super()._known(id)
