"""What a hand-over costs, when, and what may be answered. Values only; any thread. Times are whole microseconds."""

from dataclasses import dataclass

from supervision.clock import Clock

#: What limits are bound to: ("carrier", "acme"), ("brand-day", "acme", "brand1"), ("campaign", "c1"), ("number", "+1").
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment on both clocks: the holder's monotonic one, and the wall's (since 1970, UTC)."""

    mono_us: int
    wall_us: int

    @classmethod
    def of(cls, clock: Clock) -> "Moment":
        return cls(int(clock.monotonic() * 1_000_000), int(clock.time() * 1_000_000))


@dataclass(frozen=True, slots=True)
class Charge:
    """What is handed over at once counts for all `keys`.

    Of a text in several pieces that are charged one by one, the first carries the message: `messages=0` for the others.
    """

    keys: tuple[Key, ...]
    segments: int
    messages: int = 1


@dataclass(frozen=True, slots=True)
class Granted:
    """Charged to all limits, for good. Hand over before `good_until_us` (monotonic), or decide anew: it is used up."""

    good_until_us: int
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Nothing was charged. At `at_us` (monotonic) it is granted, if nothing else is charged and no clock is set."""

    at_us: int
    limit: str
    key: Key

    def seconds_from(self, now: Moment) -> float:
        return max(0, self.at_us - now.mono_us) / 1_000_000


@dataclass(frozen=True, slots=True)
class NeverFits:
    """Nothing was charged, and never will be: it alone is more than the limit (or its burst) allows."""

    limit: str
    key: Key
    units: int
    allowed: int

    @property
    def reason(self) -> str:
        return f"{self.units} units at once can never be had of {self.allowed}, limit {self.limit!r}"


@dataclass(frozen=True, slots=True)
class Want:
    """Units of a long window that have to be reserved in the database before they are used.

    `window` is a calendar window's name; "" for a sliding one.
    """

    limit: str
    key: Key
    window: str
    units: int


@dataclass(frozen=True, slots=True)
class Unreserved:
    """Nothing was charged: reserve these (`Blocks.reserve`), then decide again."""

    wants: tuple[Want, ...]


Decision = Granted | NotBefore | NeverFits | Unreserved
