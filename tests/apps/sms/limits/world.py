"""A world for the books: true time, clocks that are not, a database that outlives holders, and what was handed over."""

from dataclasses import dataclass, replace

from apps.sms.limits.books import Books
from apps.sms.limits.charge import Charge, Decision, Granted, Key, Moment, Unreserved, Want
from apps.sms.limits.limit import Calendar, Limit, Unit
from tests.apps.sms.limits.checker import SECOND, Uses

#: Half past eleven in the evening of 2026-03-07 in Los Angeles: the next day has 23 hours.
START = 1_772_955_000 * SECOND


@dataclass
class Block:
    units: int
    used_at: int | None


class World:
    """One holder at a time. Its monotonic clock begins anywhere; the wall's is right when it begins."""

    def __init__(self, limits: list[Limit]) -> None:
        self.true = START
        self.limits = limits
        self.handed: list[tuple[int, Charge]] = []
        self.calendar: dict[tuple[str, Key, str], int] = {}
        self.sliding: dict[tuple[str, Key], list[Block]] = {}
        self.take_over()

    def take_over(self, lag: int = 0) -> None:
        """The holder dies where it stands; the next one begins."""
        self.true += lag
        self.skew = 0
        self.origin = (self.true * 7919) % (1000 * SECOND)
        self.books = Books(self.limits, self.now)
        self.own: dict[tuple[str, Key], Block] = {}

    @property
    def now(self) -> Moment:
        return Moment(self.true - START + self.origin, self.true + self.skew)

    def change(self, limits: list[Limit]) -> None:
        self.limits = limits
        self.books.change(limits, self.now)

    def decide(self, charge: Charge) -> Decision:
        """Reserving what is needed; what is granted is handed over at once."""
        decision = self.books.decide(charge, self.now)
        for _ in range(10):
            if not isinstance(decision, Unreserved):
                break
            for want in decision.wants:
                self.reserve(want)
            decision = self.books.decide(charge, self.now)
        assert not isinstance(decision, Unreserved), "reserving leads nowhere"
        if isinstance(decision, Granted):
            self.handed.append((self.true, charge))
        return decision

    def reserve(self, want: Want) -> None:
        limit = next(limit for limit in self.limits if limit.name == want.limit)
        if isinstance(limit.per, Calendar):
            place = (want.limit, want.key, want.window)
            before = self.calendar.get(place, 0)
            units = max(0, min(want.units, limit.amount - before))
            self.calendar[place] = before + units
            self.books.reserve(replace(want, units=units), before + units)
            return
        blocks = self.sliding.setdefault((want.limit, want.key), [])
        used = []
        if not self.books.knows(want):
            for block in blocks:
                block.used_at = self.true if block.used_at is None else block.used_at
            used = [(self.now.mono_us - (self.true - (block.used_at or 0)), block.units) for block in blocks]
        left = next((one.units for one in self.books.left() if (one.limit, one.key) == (want.limit, want.key)), 0)
        own = self.own.get((want.limit, want.key))
        if own is not None:
            own.units, own.used_at = own.units - left, self.true
        self.own[want.limit, want.key] = Block(left + want.units, None)
        blocks.append(self.own[want.limit, want.key])
        self.books.reserve(want, 0, used)

    def skip_to(self, at_us: int) -> None:
        """To a moment of the holder's monotonic clock."""
        self.true = max(self.true, at_us - self.origin + START)

    def uses(self, limit: Limit, since: int = 0) -> dict[Key, Uses]:
        found: dict[Key, Uses] = {}
        for at, charge in self.handed:
            units = charge.messages if limit.unit is Unit.MESSAGES else charge.segments
            for key in charge.keys:
                if at >= since and limit.scope.matches(key):
                    found.setdefault(key, []).append((at, units))
        return found
