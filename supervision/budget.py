"""What a supervisor may still spend on restarts, and what one more costs. Values only; the supervisor's thread."""

from typing import Literal

from supervision.child import Child
from supervision.intensity import Window
from supervision.spec import Flags
from supervision.tree import Budget

#: Restart; or the child has used up the limit of its own; or the supervisor has used up the one for all.
Verdict = Literal["restart", "own_limit", "limit"]


class RestartBudget:
    """The restarts of one supervisor within its window, over all its children."""

    def __init__(self, flags: Flags) -> None:
        self.flags = flags
        self.window = Window(flags.intensity, flags.period)
        self.times: tuple[float, ...] = ()

    def spend(self, child: Child, now: float) -> Verdict:
        """Count one restart at `now` (monotonic seconds), unless it would be one too many."""
        if child.spec.limit is not None:
            child.restart_times, exceeded = child.spec.limit.add(child.restart_times, now)
            if exceeded:
                return "own_limit"
        times, exceeded = self.window.add(self.times, now)
        if exceeded:
            return "limit"
        self.times = times
        return "restart"

    def left(self, now: float) -> int:
        """How many more restarts would be tolerated at `now`."""
        return self.window.left(self.times, now)

    def as_row(self) -> Budget:
        return Budget(self.flags.strategy, self.flags.intensity, self.flags.period, self.times)
