"""What the authority and its clerk tell each other. Values only; any thread."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.sms.limits import Key
from apps.sms.outbound.known import Part
from apps.sms.outbound.parcel import Parcel, Result
from apps.sms.outbound.routing import Health


@dataclass(frozen=True, slots=True)
class Begin:
    """Authority to clerk: the lease is ours, under this epoch."""

    epoch: int


@dataclass(frozen=True, slots=True)
class End:
    """Authority to clerk: it is not ours any more; claim nothing."""


@dataclass(frozen=True, slots=True)
class Board:
    """Authority to clerk: how things stand.

    Attributes:
        health: of each carrier, as its links have it.
        takes: pieces that may be claimed for a carrier at the same time.
        blocked: limits that are used up, and until when, in monotonic seconds.
    """

    health: Mapping[str, Health]
    takes: Mapping[str, int]
    blocked: Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class Report:
    """Authority to clerk: to be written down for other processes."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Clerk to authority: these are claimed under this epoch, hand them over in this order."""

    epoch: int
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """Authority to clerk: what carriers said of pieces that are in doubt already."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Authority to clerk: what became of them."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Paused:
    """Clerk to authority: carriers that somebody paused."""

    carriers: frozenset[str]


@dataclass(frozen=True, slots=True)
class WhichLinks:
    """Asker to authority, a call: by carrier, path and incarnation of a link with room; none without the lease."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Hub to authority and clerk: this member opted out. What they hold for the member in memory does not leave."""

    leader: str
    member: str
