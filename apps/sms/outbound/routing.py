"""Which carrier takes a text. Pure; any thread.

A number stays with its member, so a text goes first over the carrier that our number belongs to. Only while that is
down (or slowed, if its configuration says so) another one takes it: of those that serve the destination the one in the
best health, then the one with the longest prefix, the lowest cost, the first name. What is claimed already never moves:
whoever has it may have handed it over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Failover = Literal["never", "down", "slowed"]


class Health(IntEnum):
    """Of a carrier, best first."""

    UP = 0
    SLOWED = 1
    #: For a moment only: its texts wait for it.
    AWAY = 2
    DOWN = 3
    #: By an operator. Its texts wait for it and for nobody else.
    PAUSED = 4


@dataclass(frozen=True, slots=True)
class Destinations:
    """Numbers that a carrier serves: all that begin like this, in this country (any if None). `cost` per segment."""

    prefix: str = ""
    country: str | None = None
    cost: float = 0.0

    def fit(self, number: str, country: str | None) -> bool:
        return number.startswith(self.prefix) and self.country in (None, country)


@dataclass(frozen=True, slots=True)
class Serving:
    """One carrier in the table. `failover` says when its texts may leave it for another."""

    name: str
    serves: tuple[Destinations, ...] = (Destinations(),)
    failover: Failover = "down"


@dataclass(frozen=True, slots=True)
class Over:
    """It goes over this carrier now."""

    carrier: str


@dataclass(frozen=True, slots=True)
class Later:
    """Whoever serves it cannot take anything now."""

    carriers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No carrier serves it."""

    reason: str


Route = Over | Later | Nowhere
_LEAVES: Mapping[Failover, Sequence[Health]] = {
    "never": (),
    "down": (Health.DOWN,),
    "slowed": (Health.DOWN, Health.SLOWED),
}


def route(
    home: str | None, member: str, country: str | None, table: Iterable[Serving], health: Mapping[str, Health]
) -> Route:
    """For a text from a number of the carrier `home` to a member. A carrier whose health nobody knows is down."""
    serving = {one.name: (one, fit) for one in table if (fit := _fit(one, member, country)) is not None}
    if not serving:
        return Nowhere(f"no carrier serves {country or 'numbers without a country'}")
    well = {name: health.get(name, Health.DOWN) for name in serving}
    if home in serving:
        if well[home] <= Health.SLOWED and well[home] not in _LEAVES[serving[home][0].failover]:
            return Over(home)
        if well[home] not in _LEAVES[serving[home][0].failover]:
            return Later((home,))
    able = [name for name in serving if well[name] <= Health.SLOWED]
    if not able:
        return Later(tuple(sorted(serving)))
    return Over(min(able, key=lambda name: _preference(name, home, well[name], serving[name][1])))


def _fit(one: Serving, member: str, country: str | None) -> Destinations | None:
    """The closest of its destinations."""
    fits = [destinations for destinations in one.serves if destinations.fit(member, country)]
    return min(fits, key=lambda fit: (-len(fit.prefix), fit.country is None, fit.cost), default=None)


def _preference(name: str, home: str | None, health: Health, fit: Destinations) -> tuple[object, ...]:
    return (health, name != home, -len(fit.prefix), fit.cost, name)
