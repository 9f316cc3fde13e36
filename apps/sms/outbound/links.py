"""Which links there are, and what each has in hand. A plain book; its authority's thread only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from actors.carrier.port import LinkReady, Outcome
from apps.sms.limits import Charge
from apps.sms.outbound.parcel import Parcel


@dataclass(slots=True)
class Held:
    """A piece in hand: given at `given_at` (monotonic seconds), counted by its limits from `charged_us` on."""

    parcel: Parcel
    number: int
    given_at: float
    charge: Charge
    charged_us: int


@dataclass(slots=True)
class Link:
    """One that announced itself."""

    path: str
    carrier: str
    incarnation: int
    window: int
    in_hand: dict[tuple[str, int], Held] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return max(0, self.window - len(self.in_hand))


class Links:
    """All links of all carriers, by path."""

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}

    def ready(self, said: LinkReady) -> tuple[bool, list[Held]]:
        """Whether this incarnation is new, and what an earlier one had in hand without saying what became of it."""
        known = self._links.get(said.link)
        if known is not None and known.incarnation == said.incarnation:
            known.window = said.window
            return False, []
        self._links[said.link] = Link(said.link, said.carrier, said.incarnation, said.window)
        return True, list(known.in_hand.values()) if known is not None else []

    def gone(self, path: str, incarnation: int) -> list[Held]:
        """It takes nothing more; what it did not answer for."""
        known = self._links.get(path)
        if known is None or known.incarnation != incarnation:
            return []
        del self._links[path]
        return list(known.in_hand.values())

    def clear(self) -> list[Held]:
        """Forget all; what they had in hand."""
        held = [one for link in self._links.values() for one in link.in_hand.values()]
        self._links.clear()
        return held

    def of(self, carrier: str) -> list[Link]:
        return [link for link in self._links.values() if link.carrier == carrier]

    def window(self, carrier: str) -> int:
        return sum(link.window for link in self.of(carrier))

    def in_hand(self, carrier: str) -> int:
        return sum(len(link.in_hand) for link in self.of(carrier))

    def roomiest(self, carrier: str) -> Link | None:
        """The one with most room, if any has some."""
        link = max(self.of(carrier), key=lambda one: one.free, default=None)
        return link if link is not None and link.free else None

    def all_in_hand(self, carrier: str) -> Iterator[Held]:
        return (held for link in self.of(carrier) for held in link.in_hand.values())

    def told(self, path: str, incarnation: int, outcomes: Sequence[Outcome]) -> list[tuple[Held, Outcome]]:
        """Of the pieces that it had in hand. Others are nobody's any more."""
        link = self._links.get(path)
        if link is None or link.incarnation != incarnation:
            return []
        found = []
        for outcome in outcomes:
            held = link.in_hand.pop((outcome.key, outcome.number), None)
            if held is not None:
                found.append((held, outcome))
        return found
