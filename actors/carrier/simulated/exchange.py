"""The carrier's side of the simulated carrier: what it makes of the pieces that arrive at it. One thread at a time.

In this order: the rules say whether it is reached at all; the watcher counts; a limit that is enforced throttles; the
list of those who opted out refuses; then the rules have their say.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from actors.carrier.port import Accepted, InDoubt, Outcome, Piece, Throttled, Verdict
from actors.carrier.simulated import fates, phones, post, watcher
from actors.carrier.simulated.behaviour import THROTTLED, Behaviour, Treatment, opted_out, receipts_of, verdict_of
from actors.carrier.simulated.config import SimulatedCarrier


@dataclass(frozen=True, slots=True)
class Taken:
    """A piece, how it was treated, and the verdict that the link will tell after `answer_seconds`."""

    piece: Piece
    carrier_id: str
    treatment: Treatment
    verdict: Verdict
    answer_seconds: float

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.piece.key, self.piece.number, self.verdict)


class Exchange:
    """One simulated carrier."""

    def __init__(self, carrier: str, config: SimulatedCarrier) -> None:
        self.carrier = carrier
        self.behaviour = Behaviour(config.behaviour, config.seed)
        self._config = config

    def take(self, connection: Connection, pieces: Sequence[Piece], at: float, now: float) -> list[Taken]:
        """In order, up to one at which it hangs up. All that follows from it is written in the open transaction.

        Args:
            at: the moment of arrival by the carrier's own clock, for its limits.
            now: seconds since the epoch by the clock that receipts and phones go by.
        """
        taken: list[Taken] = []
        for piece in pieces:
            taken.append(self._take(connection, piece, at))
            if taken[-1].treatment.rule.answer == "hang-up":
                break
        here = [one for one in taken if isinstance(one.verdict, Accepted | InDoubt)]
        on_phones = [(one.piece, one.carrier_id) for one in here if one.treatment.rule.reaches_phone]
        phones.deliver(connection, self.carrier, on_phones, now)
        fates.remember(connection, self.carrier, [(one.carrier_id, one.treatment) for one in here], now)
        accepted = [one for one in here if isinstance(one.verdict, Accepted) and one.piece.receipt]
        for one in accepted:
            post.send(connection, receipts_of(one.treatment, self.carrier, one.carrier_id, now))
        return taken

    def _take(self, connection: Connection, piece: Piece, at: float) -> Taken:
        treatment = self.behaviour.decide(piece)
        carrier_id = uuid.uuid4().hex
        silent = treatment.rule.answer == "none"
        seconds = self._config.answer_timeout_seconds if silent else treatment.answer_seconds
        verdict = verdict_of(treatment.rule, carrier_id)
        if treatment.rule.answer != "unsent":
            verdict = self._objection(connection, piece, at) or verdict
        return Taken(piece, carrier_id, treatment, verdict, seconds)

    def _objection(self, connection: Connection, piece: Piece, at: float) -> Verdict | None:
        excess = watcher.count(connection, self.carrier, self._config.limits, piece, at)
        if excess and self._config.enforce:
            return Throttled(THROTTLED)
        if phones.is_blocked(connection, self.carrier, piece.source.value, piece.destination.value):
            return opted_out()
        return None
