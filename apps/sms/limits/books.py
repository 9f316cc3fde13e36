"""The books of all limits: decide a charge, all limits of its keys or none. Pure: no thread, no clock, no database.

One object is one holder's life: short windows count as full when it begins (`born`), long ones are what the database
says (`Blocks`). It belongs to one thread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.sms.limits.charge import Charge, Decision, Granted, Key, Moment, NeverFits, NotBefore, Unreserved, Want
from apps.sms.limits.errors import WrongLimit
from apps.sms.limits.limit import SECOND_US, Limit, Unit
from apps.sms.limits.meters import Meter, meter_of, same_kind
from apps.sms.limits.wall import Wall

#: Full windows of before are dated so much later: logs then prove a take-over although two clocks differ a little.
TAKE_OVER_US = SECOND_US // 5
#: How often meters that tell nothing any more are dropped.
FORGET_US = 60 * SECOND_US
#: A grant without any limit is good for so long, too: what has waited is decided anew.
UNLIMITED_US = SECOND_US
#: A later moment is looked for so often; windows of calendars that are full follow each other at most so far.
MOST_LOOKS = 100


@dataclass(frozen=True, slots=True)
class Usage:
    """How a limit stands for one key now."""

    limit: str
    key: Key
    used: int
    amount: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a charge of certain keys concerns."""

    meters: tuple[tuple[Meter, bool], ...]  # the flag: whether messages are counted
    limits: tuple[str, ...]
    good_us: int


class Books:
    """Raises WrongLimit for two limits of one name."""

    def __init__(self, limits: Iterable[Limit], born: Moment) -> None:
        self._limits = _checked(limits)
        self._born_us = born.mono_us + TAKE_OVER_US
        self._now_us = born.mono_us
        self._wall = Wall(born.mono_us, born.wall_us)
        self._meters: dict[tuple[str, Key], Meter] = {}
        self._plans: dict[tuple[Key, ...], _Plan] = {}
        self._forget_at_us = born.mono_us + FORGET_US

    def decide(self, charge: Charge, now: Moment) -> Decision:
        """Charge all limits of the keys, or none. A key without limits costs nothing."""
        now_us = self._read(now)
        plan = self._plans.get(charge.keys) or self._plan(charge.keys)
        costs = [
            (meter, units)
            for meter, counts_messages in plan.meters
            if (units := charge.messages if counts_messages else charge.segments) > 0
        ]
        return (
            _never(costs)
            or self._not_before(costs, now_us)
            or _unreserved(costs, now_us)
            or self._grant(costs, plan, now_us)
        )

    def on_the_way(self, charge: Charge, charged_us: int, now: Moment) -> int:
        """What counts from `charged_us` on may have arrived only now: then it counts from now on, slack apart.

        Returns the moment from which it counts, to be given the next time.
        """
        now_us = self._read(now)
        plan = self._plans.get(charge.keys) or self._plan(charge.keys)
        if now_us - charged_us <= plan.good_us:
            return charged_us
        for meter, counts_messages in plan.meters:
            units = charge.messages if counts_messages else charge.segments
            if units > 0:
                meter.move(units, charged_us, now_us)
        return now_us

    def change(self, limits: Iterable[Limit], now: Moment) -> None:
        """Other limits from now on: the new ones hold for every window that begins after `now`. Raises WrongLimit."""
        old, self._limits = self._limits, _checked(limits)
        self._read(now)
        self._plans.clear()
        for (name, key), meter in list(self._meters.items()):
            new = self._limits.get(name)
            if new is not None and same_kind(old[name], new) and new.scope.matches(key):
                meter.become(new)
            else:
                del self._meters[name, key]

    def wants(self) -> Sequence[Want]:
        """What should be reserved soon: blocks of which less than half is left. Take it along in any transaction."""
        return [want for meter in self._meters.values() for want in meter.wants(0, self._now_us)]

    def left(self) -> Sequence[Want]:
        """What was reserved and is not used. For `Blocks`."""
        return [want for meter in self._meters.values() for want in meter.left()]

    def knows(self, want: Want) -> bool:
        """Whether the database was asked about it in this life. For `Blocks`."""
        meter = self._meters.get((want.limit, want.key))
        return meter is not None and meter.knows(want.window)

    def reserve(self, want: Want, total: int = 0, used: Iterable[tuple[int, int]] = ()) -> None:
        """It stands in the database. For `Blocks`.

        `total` is what is reserved of its calendar window now, by anybody; `used` says what holders before this one
        used of its sliding window: (until when at the latest, units).
        """
        meter = self._meters.get((want.limit, want.key))
        if meter is not None:
            meter.reserve(want, total, used)

    def limit(self, name: str) -> Limit | None:
        return self._limits.get(name)

    def usage(self, now: Moment) -> list[Usage]:
        """Of every key that was charged lately, in the order of the limits."""
        now_us = self._read(now)
        order = {name: place for place, name in enumerate(self._limits)}
        meters = sorted(self._meters.values(), key=lambda meter: (order[meter.limit.name], meter.key))
        return [Usage(meter.limit.name, meter.key, meter.used(now_us), meter.limit.amount) for meter in meters]

    def _read(self, now: Moment) -> int:
        """A monotonic clock that went back stands still."""
        self._now_us = max(self._now_us, now.mono_us)
        self._wall.note(self._now_us, now.wall_us)
        if self._now_us >= self._forget_at_us:
            self._forget_at_us = self._now_us + FORGET_US
            self._plans.clear()
            self._meters = {place: meter for place, meter in self._meters.items() if not meter.idle(self._now_us)}
        return self._now_us

    def _plan(self, keys: tuple[Key, ...]) -> _Plan:
        concerned = [(limit, key) for limit in self._limits.values() for key in keys if limit.scope.matches(key)]
        plan = _Plan(
            tuple((self._meter(limit, key), limit.unit is Unit.MESSAGES) for limit, key in concerned),
            tuple(limit.name for limit, _ in concerned),
            min((limit.slack_us // 2 for limit, _ in concerned), default=UNLIMITED_US),
        )
        self._plans[keys] = plan
        return plan

    def _meter(self, limit: Limit, key: Key) -> Meter:
        found = self._meters.get((limit.name, key))
        if found is None:
            found = self._meters[limit.name, key] = meter_of(limit, key, self._born_us, self._wall)
        return found

    def _not_before(self, costs: Sequence[tuple[Meter, int]], now_us: int) -> NotBefore | None:
        """The first moment that suits all; what suits one may not suit another, so they are asked again."""
        for meter, _ in costs:
            meter.forget(now_us)
        at_us, culprit = now_us, None
        for _ in range(MOST_LOOKS):
            before = at_us
            for meter, units in costs:
                later = meter.earliest(units, at_us)
                if later > at_us:
                    at_us, culprit = later, meter
            if at_us == before:
                break
        return None if culprit is None else NotBefore(at_us, culprit.limit.name, culprit.key)

    def _grant(self, costs: Sequence[tuple[Meter, int]], plan: _Plan, now_us: int) -> Granted:
        for meter, units in costs:
            meter.charge(units, now_us)
        return Granted(now_us + plan.good_us, plan.limits)


def _never(costs: Iterable[tuple[Meter, int]]) -> NeverFits | None:
    for meter, units in costs:
        if units > meter.allowed():
            return NeverFits(meter.limit.name, meter.key, units, meter.allowed())
    return None


def _unreserved(costs: Iterable[tuple[Meter, int]], now_us: int) -> Unreserved | None:
    wants = tuple(want for meter, units in costs if meter.limit.durable for want in meter.wants(units, now_us))
    return Unreserved(wants) if wants else None


def _checked(limits: Iterable[Limit]) -> dict[str, Limit]:
    found: dict[str, Limit] = {}
    for limit in limits:
        if limit.name in found:
            raise WrongLimit(f"two limits are called {limit.name!r}", field="name")
        found[limit.name] = limit
    return found
