"""A stage that deals out to partitioned stages, whose number may change: the producers, and a batcher. Its own thread.

While its partitions are handed over it deals out nothing, and its old consumers finish what they were sent; `handover`
is who says so. One that starts in the middle of this begins by holding back, and each looks by itself whether it is
over: whoever ordered it may be gone.
"""

from dataclasses import dataclass
from typing import Any

from actors.pipeline.member import Member
from actors.pipeline.stage import PartitionDispatcher

#: How often a stage that holds back looks whether it still must.
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Hold:
    """Deal out nothing. A call answers whether all that left before has reached its consumers' mailboxes."""


@dataclass(frozen=True, slots=True)
class Release:
    """Go on with as many partitions as the plan says, unless they are being handed over now."""


class Dealer(Member):
    """`partitions` is how many it deals out to."""

    #: The batcher whose batch processors it deals to; None for the processors.
    deals_for: str | None = None
    partitions = 0
    holding = False

    # --- to override --------------------------------------------------------------------------------------------------

    def hold_back(self) -> None:
        """Deal out nothing from now on."""

    def go_on(self) -> None:
        """Deal out again."""

    def is_held(self) -> bool:
        """Whether nothing is on its way out any more."""
        return not self._post.waiting

    # --- inside -------------------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        super().on_start()
        if self.deals_for in self.plan.handovers:
            self.hold()
        else:
            self.adopt()

    def receive(self, message: Any) -> Any:
        match message:
            case Hold():
                self.hold()
                return self.is_held()
            case Release():
                self.look()
            case _:
                return super().receive(message)

    def hold(self) -> None:
        if not self.holding:
            self.holding = True
            self.hold_back()
            self.send_after(LOOK_SECONDS, Release())

    def look(self) -> None:
        """A drain ends every handover: nothing may stand in its way."""
        if not self.holding:
            return
        if self.deals_for in self.plan.handovers and not self.plan.draining.is_set():
            self.send_after(LOOK_SECONDS, Release())
        else:
            self.release()

    def release(self) -> None:
        if self.holding:
            self.holding = False
            self.adopt()
            self.go_on()

    def adopt(self) -> None:
        """Take over the plan's number, which changes only while nothing is on its way to the old owners."""
        count = self.plan.size_of(self.deals_for)
        if isinstance(self.dispatcher, PartitionDispatcher) and count != self.partitions:
            self.partitions = count
            self.repartition(count)
