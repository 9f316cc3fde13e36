"""From deliveries to texts and receipts that somebody stores, and to the answers that the SMSC gets. Pure core.

A delivery is answered when what it carries is stored, not before. Parts of a long text are held back until the text is
whole, but only as long as the SMSC sends on: one that waits for each answer would wait for ever. It gets its answer
after `seconds.part`, and from then on at once; such parts live in our memory until the rest comes.

What `Arrivals` knows outlives the connections of its bind; it is used by one thread at a time.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import takewhile
from zoneinfo import ZoneInfo

from actors.carrier.port import Inbound, Receipt
from actors.gsm import Added, Incomplete, Reassembly
from actors.smpp import receipts, statuses, texts
from actors.smpp.config import BindConfig
from actors.smpp.events import Delivery
from actors.smpp.identities import Identities
from actors.smpp.texts import Fragment

Item = Inbound | Receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """Tell the SMSC so about its delivery."""

    sequence: int
    status: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the intake; it answers by the token."""

    token: int
    item: Item


@dataclass(frozen=True, slots=True)
class Count:
    """Something that an operator wants to see the number of."""

    what: str


Step = Answer | Tell | Count


@dataclass(slots=True)
class Told:
    """An item with the intake. `sequences` are its deliveries on this connection that wait for an answer."""

    item: Item
    sequences: list[int]
    until: float
    kept: bool = False
    """A text put together, or a receipt asked for: it is in our memory, and told again until it is stored."""


@dataclass(frozen=True, slots=True)
class Held:
    """A part that is not answered yet."""

    sequence: int
    until: float
    seen: int


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a part's token says: who, to whom, on which connection by which number."""

    fragment: Fragment
    connection: int
    sequence: int


@dataclass(slots=True)
class Arrivals:
    """`carrier` names it in items. One connection after the other: begin each with `connected`."""

    carrier: str
    config: BindConfig
    identities: Identities = field(default_factory=Identities)
    _zone: tzinfo = field(init=False)
    _parts: Reassembly[_Origin] = field(init=False)
    _told: dict[int, Told] = field(default_factory=dict)
    _held: deque[Held] = field(default_factory=deque)
    _again: deque[tuple[float, Told]] = field(default_factory=deque)
    _token: int = 0
    _connection: int = 0
    _seen: int = 0
    _patience: float = 0.0

    def __post_init__(self) -> None:
        self._zone = ZoneInfo(self.config.time_zone)
        self._parts = Reassembly(self.config.seconds.parts, default=texts.default_charset(self.config))

    def connected(self) -> None:
        """Sequence numbers of an earlier connection mean nothing any more."""
        self._connection += 1
        self._patience = self.config.seconds.part

    def lost(self, now: float) -> None:
        """The connection is gone. Texts put together stay; everything else comes again."""
        self._held.clear()
        self.identities.lost(now)
        kept = [told for told in self._told.values() if told.kept] + [told for _, told in self._again]
        self._again = deque((now, replace(told, sequences=[])) for told in kept)
        self._told.clear()

    def due(self) -> float | None:
        """When `tick` has something to do."""
        first = next(iter(self._told.values()), None)
        times = [] if first is None else [first.until]
        times += [self._held[0].until] if self._held else []
        times += [self._again[0][0]] if self._again else []
        return min(times, default=None)

    # --- in -----------------------------------------------------------------------------------------------------------

    def take(self, delivery: Delivery, now: float) -> list[Step]:
        """A delivery came."""
        self._seen += 1
        if receipts.is_receipt(delivery.pdu):
            return self._take_receipt(delivery, now)
        fragment = texts.read(delivery.pdu, self.config)
        steps: list[Step] = [Count("faulty_header")] if fragment.faulty else []
        if fragment.part.place.total > 1:
            return steps + self._take_part(fragment, delivery.sequence, now)
        text = fragment.text(self.config)
        if text is None:
            return [*steps, Count("octets"), Answer(delivery.sequence, statuses.ROK)]
        name = fragment.name or self.identities.name(fragment.digest, now)
        item = Inbound(self.carrier, name, fragment.source, fragment.destination, text)
        return [*steps, self._tell(item, [delivery.sequence], now)]

    def asked(self, receipt: Receipt, now: float) -> list[Step]:
        """The SMSC told this when it was asked: it does not come again, so it is told until it is stored."""
        return [self._tell(receipt, [], now, kept=True)]

    def _take_receipt(self, delivery: Delivery, now: float) -> list[Step]:
        config = self.config
        receipt = receipts.read(delivery.pdu, self.carrier, config.receipt_ids, self._zone, config.opted_out)
        if receipt is None:
            # Sent again it would say no more.
            return [Count("unreadable_receipt"), Answer(delivery.sequence, statuses.ROK)]
        return [self._tell(receipt, [delivery.sequence], now)]

    def _take_part(self, fragment: Fragment, sequence: int, now: float) -> list[Step]:
        key = (fragment.source, fragment.destination)
        added = self._parts.add(key, fragment.part, _Origin(fragment, self._connection, sequence), now)
        steps = self._give_up(added, now)
        if added.duplicate:
            return [*steps, Count("repeated_part"), Answer(sequence, statuses.ROK)]
        if added.whole is None:
            if self._patience <= 0:
                return [*steps, Answer(sequence, statuses.ROK)]
            self._held.append(Held(sequence, now + self._patience, self._seen))
            return steps
        origins = added.whole.tokens
        waiting = [*self._let_go({one.sequence for one in origins if one.connection == self._connection}), sequence]
        if added.whole.text is None:
            return [*steps, Count("octets"), *(Answer(one, statuses.ROK) for one in waiting)]
        return [*steps, self._tell(self._joined(origins, added.whole.text), waiting, now, kept=True)]

    def _let_go(self, sequences: set[int]) -> list[int]:
        """Those of them that were held and not answered yet; they are held no more."""
        found = [held.sequence for held in self._held if held.sequence in sequences]
        self._held = deque(held for held in self._held if held.sequence not in sequences)
        return found

    def _joined(self, origins: tuple[_Origin, ...], text: str) -> Inbound:
        """Its name follows from its parts, reference included: sent again after a crash, it has the same."""
        first = origins[0].fragment
        name = first.name or "-".join((first.digest, *(one.fragment.digest[:8] for one in origins[1:3])))
        return Inbound(self.carrier, name, first.source, first.destination, text)

    def _give_up(self, added: Added[_Origin], now: float) -> list[Step]:
        return [step for one in added.given_up for step in self._incomplete(one, now)]

    def _incomplete(self, given_up: Incomplete[_Origin], now: float) -> list[Step]:
        """Half a text is still what a member said."""
        ours = {one.sequence for one in given_up.tokens if one.connection == self._connection}
        answers: list[Step] = [Answer(one, statuses.ROK) for one in self._let_go(ours)]
        item = self._joined(given_up.tokens, given_up.text)
        return [Count("incomplete_text"), self._tell(item, [], now, kept=True), *answers]

    def _tell(self, item: Item, sequences: list[int], now: float, kept: bool = False) -> Tell:
        self._token += 1
        self._told[self._token] = Told(item, sequences, now + self.config.seconds.settle, kept)
        return Tell(self._token, item)

    # --- settled ------------------------------------------------------------------------------------------------------

    def settled(self, token: int, ok: bool, now: float) -> list[Step]:
        """The intake has stored it, or cannot."""
        told = self._told.pop(token, None)
        if told is None:
            return [Count("settled_too_late")]
        return self._stored(told, now) if ok else self._failed(told, now)

    def abandoned(self, now: float) -> list[Step]:
        """The intake is gone and with it what it was told."""
        told, self._told = list(self._told.values()), {}
        return [step for one in told for step in self._failed(one, now)]

    def _stored(self, told: Told, now: float) -> list[Step]:
        if isinstance(told.item, Inbound):
            self.identities.answered(told.item.id, now)
        return [Answer(sequence, statuses.ROK) for sequence in told.sequences]

    def _failed(self, told: Told, now: float) -> list[Step]:
        if told.kept:
            self._again.append((now + self.config.seconds.settle, told))
            return []
        if isinstance(told.item, Inbound):
            self.identities.refused(told.item.id, now)
        return [Count("sent_back"), *(Answer(sequence, statuses.RX_T_APPN) for sequence in told.sequences)]

    # --- time ---------------------------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Step]:
        steps = [step for one in self._parts.expire(now) for step in self._incomplete(one, now)]
        while self._held and self._held[0].until <= now:
            steps += self._release(self._held.popleft())
        for token in self._overdue(now):
            steps += [Count("not_stored_in_time"), *self._failed(self._told.pop(token), now)]
        while self._again and self._again[0][0] <= now:
            told = self._again.popleft()[1]
            steps.append(self._tell(told.item, told.sequences, now, kept=True))
        return steps

    def _overdue(self, now: float) -> list[int]:
        """They have the same patience, so they stand in the order of their times."""
        return [token for token, _ in takewhile(lambda one: one[1].until <= now, self._told.items())]

    def _release(self, held: Held) -> list[Step]:
        if held.seen == self._seen:
            self._patience = 0.0  # nothing came meanwhile: it waits for us
        return [Count("part_in_memory"), Answer(held.sequence, statuses.ROK)]
