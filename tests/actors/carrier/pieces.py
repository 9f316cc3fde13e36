"""Pieces to hand over."""

from typing import Any

from actors.carrier.party import party
from actors.carrier.port import Piece
from actors.gsm import Policy, split

OURS, PHONE = "+15550100", "+15550177"


def pieces(text: str = "hello", key: str = "t1", to: str = PHONE, sender: str = OURS, **fields: Any) -> list[Piece]:
    """The text as it goes to a carrier that wants segments."""
    made = split(text, Policy(), reference=sum(key.encode()))
    total = len(made.segments)
    return [
        Piece(key, number, total, 1, party(sender), party(to), made.coding, part.body, part.udh, made.text, **fields)
        for number, part in enumerate(made.segments, 1)
    ]


def piece(text: str = "hello", key: str = "t1", to: str = PHONE, sender: str = OURS, **fields: Any) -> Piece:
    """The only one of a short text."""
    (one,) = pieces(text, key, to, sender, **fields)
    return one
