"""What comes in by one connection: deliveries to the intake, and our answers to the SMSC. Belongs to the bind's thread.

`Arrivals` decides; here it is carried out. Every method returns the octets of the answers that are due.
"""

from collections.abc import Callable, Iterable

from actors.carrier.port import Receipt, Settled
from actors.smpp.arrivals import Answer, Arrivals, Count, Item, Step, Tell
from actors.smpp.events import Delivery
from actors.smpp.pdu import encode
from actors.smpp.session import Session
from actors.smpp.tally import Tally


class Incoming:
    """`tell` casts an item with its token to the intake; False when that cannot take it."""

    def __init__(self, arrivals: Arrivals, session: Session, tell: Callable[[int, Item], bool], tally: Tally) -> None:
        self._arrivals = arrivals
        self._session = session
        self._tell = tell
        self._tally = tally
        arrivals.connected()

    def delivered(self, delivery: Delivery, now: float) -> list[bytes]:
        self._tally.events["delivery"] += 1
        return self._carry_out(self._arrivals.take(delivery, now), now)

    def asked(self, receipt: Receipt, now: float) -> list[bytes]:
        """What the SMSC told when it was asked."""
        return self._carry_out(self._arrivals.asked(receipt, now), now)

    def settled(self, settlements: Iterable[Settled], now: float) -> list[bytes]:
        answers: list[bytes] = []
        for one in settlements:
            for token in one.tokens:
                answers += self._carry_out(self._arrivals.settled(token, one.ok, now), now)
        return answers

    def abandoned(self, now: float) -> list[bytes]:
        """The intake has ended."""
        return self._carry_out(self._arrivals.abandoned(now), now)

    def tick(self, now: float) -> list[bytes]:
        return self._carry_out(self._arrivals.tick(now), now)

    def due(self) -> float | None:
        """When `tick` has something to do."""
        return self._arrivals.due()

    def lost(self, now: float) -> None:
        """The connection is gone."""
        self._arrivals.lost(now)

    def _carry_out(self, steps: Iterable[Step], now: float) -> list[bytes]:
        answers: list[bytes] = []
        for step in steps:
            match step:
                case Answer(sequence, status):
                    send = self._session.answer(sequence, status)
                    answers += [] if send is None else [encode(send.pdu)]
                case Count(what):
                    self._tally.events[what] += 1
                case Tell(token, item):
                    answers += [] if self._tell(token, item) else self._not_taken(token, now)
        return answers

    def _not_taken(self, token: int, now: float) -> list[bytes]:
        self._tally.events["no_intake"] += 1
        return self._carry_out(self._arrivals.settled(token, False, now), now)
