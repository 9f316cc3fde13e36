"""What an actor is told about itself at its start: where it stands, which incarnation it is, whom it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supervision.errors import Fenced
from supervision.messages import Down, Started

if TYPE_CHECKING:
    from supervision.spec import Name
    from supervision.system import System


class Fence:
    """Closed by the supervisor when it abandons an incarnation. One writer, any readers; closing is final."""

    __slots__ = ("closed",)

    def __init__(self) -> None:
        self.closed = False

    def check(self, path: str, incarnation: int) -> None:
        """Raises Fenced when this incarnation was abandoned: its effects must not leave the process any more."""
        if self.closed:
            raise Fenced(f"{path}#{incarnation} was abandoned by its supervisor; a newer incarnation may be at work")


@dataclass(frozen=True, slots=True)
class Context:
    """One incarnation's place in the world.

    Attributes:
        notify: hears `Started` and `Down`; the supervisor's system lane, or whoever started the actor.
        fence: see `Actor.check_fence`.
        name: what the actor takes before its `on_start`, see `ChildSpec.name`.
    """

    path: str
    incarnation: int
    system: "System"
    notify: Callable[[Started | Down], object]
    type: str = "worker"
    fence: Fence = field(default_factory=Fence)
    name: "Name | None" = None
