"""From a text to what is handed over: the pieces, in the way of its carrier. Pure; any thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from actors.carrier.party import party
from actors.carrier.port import Party, Piece
from actors.gsm import Coding, Segmented, TooLong, choose, split
from apps.sms.limits import Charge, Key
from apps.sms.outbound.config import Carrier
from apps.sms.outbound.texts import Text

#: The network keeps a text at most so long (3GPP 23.040, 9.2.3.12).
MAX_VALID_SECONDS = 63 * 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Cut:
    """A text ready to leave over one carrier; `segments` is what the carrier counts for all of it."""

    carrier: str
    coding: Coding
    segments: int
    pieces: tuple[Piece, ...]


def segments_of(body: str, carrier: Carrier) -> int:
    """Raises TooLong."""
    return len(_split(body, carrier, 0).segments)


def cut(text: Text, carrier: Carrier, max_segments: int, valid_seconds: float | None = None) -> Cut:
    """The pieces that the carrier has not had yet. Raises TooLong, WrongNumber.

    The parts of a long text carry a reference that is made of the text's id: the same in every attempt.
    """
    done = _split(text.body, carrier, text.id)
    count = len(done.segments)
    if count > max_segments:
        raise TooLong(f"{count} segments, of which sms.outbound.max_segments allows {max_segments}", field="body")
    source, destination = sender(text.our_number), sender(text.member)
    pieces = _whole(text, carrier, done, source, destination, valid_seconds) if carrier.whole else [
        Piece(
            key=text.key, number=number, total=count, units=1, source=source, destination=destination,
            coding=done.coding, body=segment.body, udh=segment.udh, text=done.text, receipt=carrier.receipts,
            valid_seconds=valid_seconds,
        )
        for number, segment in enumerate(done.segments, start=1)
    ]  # fmt: skip
    left = tuple(piece for piece in pieces if piece.number not in text.had)
    return Cut(carrier.name, done.coding, count, left)


def charge_of(piece: Piece, carrier: str, text: Text) -> Charge:
    """What a piece costs: the first of a text carries the message."""
    return Charge(keys_of(carrier, text), piece.units, messages=1 if piece.number == 1 else 0)


def keys_of(carrier: str, text: Text) -> tuple[Key, ...]:
    """From the widest to the narrowest: partner, brand at that partner, campaign, number."""
    keys: list[Key] = [("carrier", carrier)]
    if text.brand is not None:
        keys.append(("brand", carrier, text.brand))
    if text.campaign is not None:
        keys.append(("campaign", text.campaign))
    return (*keys, ("number", text.our_number))


@lru_cache(10_000)
def sender(value: str) -> Party:
    """Raises WrongNumber."""
    return party(value)


def _split(body: str, carrier: Carrier, reference: int) -> Segmented:
    return split(body, carrier.policy, reference)


def _whole(
    text: Text, carrier: Carrier, done: Segmented, source: Party, destination: Party, valid_seconds: float | None
) -> Sequence[Piece]:
    choice = choose(text.body, carrier.policy)
    return [
        Piece(
            key=text.key, number=1, total=1, units=len(done.segments), source=source, destination=destination,
            coding=choice.coding, body=choice.body, udh=choice.header().encode(), text=choice.text,
            receipt=carrier.receipts, valid_seconds=valid_seconds,
        )
    ]  # fmt: skip
