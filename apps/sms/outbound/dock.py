"""Claimed texts that wait for their limits, and the choice of pieces that may leave now. Its authority's thread only.

Texts are claimed a moment before their limits let them go, so that nothing but the limits is waited for when the moment
comes. One whose limits let it go only later than `HORIZON_SECONDS` from now goes back into the queue, where it can
still be revoked; a long text that left in part waits longer. Times are monotonic; limits count in microseconds.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from actors.carrier.port import Piece
from apps.sms.limits import Books, Granted, Handed, Key, Moment, NeverFits, NotBefore, Want
from apps.sms.limits import Unreserved as NotReserved
from apps.sms.outbound.parcel import Parcel
from apps.sms.outbound.pieces import charge_of
from supervision.clock import Clock

#: How long a claimed text waits for a limit; one of which a part has left.
HORIZON_SECONDS, BEGUN_SECONDS = 0.25, 30.0
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """A piece that may leave, with its line for the log."""

    parcel: Parcel
    piece: Piece
    handed: Handed
    charged_us: int


@dataclass(slots=True)
class Choice:
    """What one look at a carrier's texts brought: pieces, texts that go back, and what has to be reserved."""

    pieces: list[Chosen] = field(default_factory=list)
    over: list[Parcel] = field(default_factory=list)
    wants: list[Want] = field(default_factory=list)


class Dock:
    """The claimed texts of all carriers, each carrier's in the order in which they came."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._loaded: dict[str, deque[Parcel]] = {}
        self._blocked: dict[Key, int] = {}
        #: Which limit held texts up, and how often.
        self.waits: dict[str, int] = {}

    def put(self, parcel: Parcel) -> None:
        self._loaded.setdefault(parcel.cut.carrier, deque()).append(parcel)

    def loaded(self, carrier: str) -> int:
        """Texts of which something waits."""
        return len(self._loaded.get(carrier, ()))

    def choose(self, carrier: str, room: int, clock: Clock) -> Choice:
        """Up to `room` pieces that all their limits let go now; they are charged, and out. Each must be logged next."""
        choice = Choice()
        kept: deque[Parcel] = deque()
        loaded = self._loaded.get(carrier, deque())
        while loaded:
            parcel = loaded.popleft()
            if len(choice.pieces) < room and parcel.stopped is None:
                self._choose_of(parcel, room, clock, choice)
            if parcel.stopped is None and parcel.waiting and self._waits_too_long(parcel, Moment.of(clock)):
                parcel.stop("its limits let it go later")
            if parcel.over:
                choice.over.append(parcel)
            elif parcel.waiting and parcel.stopped is None:
                kept.append(parcel)
            if len(choice.pieces) >= room:
                break
        kept.extend(loaded)
        self._loaded[carrier] = kept
        return choice

    def put_back(self, chosen: Iterable[Chosen]) -> None:
        """Pieces that did not get out: they are first again, and charged anew."""
        for one in reversed(list(chosen)):
            again = one.parcel not in self._loaded.setdefault(one.parcel.cut.carrier, deque())
            one.parcel.back(one.piece)
            if again:
                self._loaded[one.parcel.cut.carrier].appendleft(one.parcel)

    def withdraw(
        self, carrier: str | None, reason: str, leader: str | None = None, member: str | None = None
    ) -> list[Parcel]:
        """Texts that are not to leave now: of a carrier, or to a member. Those of which nothing is out are over."""
        over = []
        for name in [carrier] if carrier is not None else list(self._loaded):
            mine = [
                p
                for p in self._loaded.get(name, ())
                if member in (None, p.text.member) and leader in (None, p.text.leader)
            ]
            for parcel in mine:
                self._loaded[name].remove(parcel)
                parcel.stop(reason)
            over += [parcel for parcel in mine if parcel.over]
        return over

    def blocked(self, now: Moment) -> Mapping[Key, float]:
        """Limits that are used up, and until when, in seconds."""
        self._blocked = {key: until for key, until in self._blocked.items() if until > now.mono_us}
        return {key: until / SECOND_US for key, until in self._blocked.items()}

    def opens_at_us(self, now: Moment) -> int | None:
        """When the next of the limits that hold up something here lets it go."""
        moments = [
            self._until(parcel)
            for loaded in self._loaded.values()
            for parcel in loaded
            if self._until(parcel) > now.mono_us
        ]
        return min(moments, default=None)

    def _choose_of(self, parcel: Parcel, room: int, clock: Clock, choice: Choice) -> None:
        while parcel.waiting and len(choice.pieces) < room:
            # A grant is good for milliseconds: none is given for a moment that is over.
            now = Moment.of(clock)
            if self._until(parcel) > now.mono_us:
                return
            piece = parcel.waiting[0]
            charge = charge_of(piece, parcel.cut.carrier, parcel.text)
            match self._books.decide(charge, now):
                case Granted() as granted:
                    parcel.hand()
                    choice.pieces.append(
                        Chosen(parcel, piece, Handed(piece.key, piece.number, charge, granted), now.mono_us)
                    )
                case NotBefore(at_us, limit, key):
                    self._blocked[key] = at_us
                    self.waits[limit] = self.waits.get(limit, 0) + 1
                    return
                case NeverFits() as never:
                    parcel.fail(never.reason)
                    return
                case NotReserved(wants):
                    choice.wants.extend(wants)
                    return

    def _until(self, parcel: Parcel) -> int:
        return max((self._blocked.get(key, 0) for key in parcel.keys), default=0)

    def _waits_too_long(self, parcel: Parcel, now: Moment) -> bool:
        horizon = BEGUN_SECONDS if parcel.begun else HORIZON_SECONDS
        return self._until(parcel) > now.mono_us + horizon * SECOND_US
