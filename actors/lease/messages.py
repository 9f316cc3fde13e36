"""What a lease tells its subscriber. Values only; any thread."""

from dataclasses import dataclass

from supervision.clock import Clock


@dataclass(frozen=True, slots=True)
class Held:
    """You hold it. Comes again, with a later deadline, at each renewal; another epoch is another grant.

    Attributes:
        epoch: of this grant, greater than that of any before; see `fenced`.
        deadline: monotonic seconds of the system's clock; the margin before the expiry is already taken off.
        wall_deadline: the same on the wall's clock, which also runs while a machine is suspended.
    """

    name: str
    epoch: int
    deadline: float
    wall_deadline: float

    def is_good(self, clock: Clock) -> bool:
        """Whether you hold it now. Ask right before each effect: `Lost` may still be on its way to you."""
        return clock.monotonic() < self.deadline and clock.time() < self.wall_deadline


@dataclass(frozen=True, slots=True)
class Lost:
    """You hold it no longer: stop, then return (it may be a `call`, and the next holder waits for your answer)."""

    name: str
    epoch: int
    reason: str
