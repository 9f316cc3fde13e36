"""One text with a carrier: which of its pieces wait, which are out, what was said of them. Its authority's thread only.

What follows from the answers is decided once all pieces that are out were answered (`result`): the text is handed, in
doubt, rejected, or goes back into the queue with the pieces that nobody has had. A piece that somebody may have had is
never sent again, unless the policy of its lane says so.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from actors.carrier.port import Accepted, InDoubt, Outcome, Piece, Refused, Throttled, Unsent, Verdict
from apps.sms.limits import Key
from apps.sms.outbound.known import Part
from apps.sms.outbound.pieces import Cut
from apps.sms.outbound.texts import Text
from apps.sms.states import Lane, TextState

MAX_RETRY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Result:
    """What becomes of a text: its pieces that a carrier had, and its state.

    Attributes:
        uncounted: this was no attempt: nothing was refused, it was only not the time.
        due_at: with the state `queued`: not before.
        opted_out: the carrier says that the member wants no texts.
        doubted: it is sent again, and may arrive twice.
    """

    text: Text
    carrier: str
    parts: tuple[Part, ...]
    state: TextState
    reason: str | None = None
    uncounted: bool = False
    due_at: datetime | None = None
    opted_out: bool = False
    doubted: bool = False


@dataclass(slots=True, eq=False)
class Parcel:
    """A claimed text. `over` once nothing of it is out, and nothing of it will be sent."""

    text: Text
    cut: Cut
    keys: tuple[Key, ...]
    waiting: deque[Piece] = field(init=False)
    out: dict[int, Piece] = field(init=False, default_factory=dict)
    verdicts: dict[int, Verdict] = field(init=False, default_factory=dict)
    #: Why the rest of it is not sent, by us.
    stopped: str | None = field(init=False, default=None)
    failed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.waiting = deque(self.cut.pieces)

    @property
    def begun(self) -> bool:
        """Whether any of it left, now or before."""
        return bool(self.out or self.verdicts or self.text.had)

    @property
    def over(self) -> bool:
        return not self.out and (not self.waiting or self.stopped is not None)

    def hand(self) -> Piece:
        """The next piece is out."""
        piece = self.waiting.popleft()
        self.out[piece.number] = piece
        return piece

    def back(self, piece: Piece) -> None:
        """It did not get out after all."""
        del self.out[piece.number]
        self.waiting.appendleft(piece)

    def told(self, number: int, verdict: Verdict) -> None:
        piece = self.out.pop(number, None)
        if piece is None:
            return
        self.verdicts[number] = verdict
        if not isinstance(verdict, Accepted):
            self.stop(type(verdict).__name__)

    def stop(self, reason: str) -> None:
        """Send nothing more of it for now."""
        self.stopped = self.stopped or reason

    def fail(self, reason: str) -> None:
        """It can never be sent."""
        self.stopped, self.failed = reason, True

    def result(self, resend: Collection[Lane], attempts: int, retry_seconds: float, now: datetime) -> Result:
        """What follows; `now` for the pause after a temporary refusal, `attempts` until it fails."""
        refused = next((one for one in self.verdicts.values() if isinstance(one, Refused)), None)
        if any(isinstance(one, InDoubt) for one in self.verdicts.values()):
            return self._doubted(resend)
        if self.failed or (refused is not None and refused.permanent):
            return self._ended(refused)
        if refused is not None:
            return self._again(refused, attempts, retry_seconds, now)
        if self.waiting or any(isinstance(one, Throttled | Unsent) for one in self.verdicts.values()):
            return Result(self.text, self.cut.carrier, self._accepted(), TextState.QUEUED, self.stopped, uncounted=True)
        return Result(self.text, self.cut.carrier, self._accepted(), TextState.HANDED)

    def _doubted(self, resend: Collection[Lane]) -> Result:
        doubts = [(number, one) for number, one in self.verdicts.items() if isinstance(one, InDoubt)]
        reason = doubts[0][1].reason
        if self.text.lane in resend:
            again = f"sent again after a doubt: {reason}"
            return Result(self.text, self.cut.carrier, self._accepted(), TextState.QUEUED, again, doubted=True)
        parts = (*self._accepted(), *(self._part(number, TextState.IN_DOUBT, "") for number, _ in doubts))
        return Result(self.text, self.cut.carrier, parts, TextState.IN_DOUBT, reason)

    def _ended(self, refused: Refused | None) -> Result:
        code = refused.code if refused else ""
        reason = f"{refused.code}: {refused.reason}" if refused else self.stopped
        opted_out = refused is not None and refused.opted_out
        accepted = self._accepted()
        if not accepted and not self.text.had:
            state = TextState.REJECTED if refused else TextState.FAILED
            return Result(self.text, self.cut.carrier, (), state, reason, opted_out=opted_out)
        # Part of it is with the carrier: receipts will say when that is over.
        gone = {part.number for part in accepted}
        rest = [piece.number for piece in self.cut.pieces if piece.number not in gone]
        parts = (*accepted, *(self._part(number, TextState.REJECTED, code) for number in rest))
        return Result(self.text, self.cut.carrier, parts, TextState.HANDED, reason, opted_out=opted_out)

    def _again(self, refused: Refused, attempts: int, retry_seconds: float, now: datetime) -> Result:
        tried = self.text.attempts + 1
        reason = f"{refused.code}: {refused.reason}"
        if tried >= attempts:
            return self._ended(Refused(refused.code, f"given up after {tried} attempts: {refused.reason}"))
        pause = min(retry_seconds * 2.0 ** (tried - 1), MAX_RETRY_SECONDS)
        due = now + timedelta(seconds=pause)
        return Result(self.text, self.cut.carrier, self._accepted(), TextState.QUEUED, reason, due_at=due)

    def _accepted(self) -> tuple[Part, ...]:
        return tuple(
            Part(self.text.key, number, self.cut.carrier, one.carrier_id, TextState.HANDED)
            for number, one in sorted(self.verdicts.items())
            if isinstance(one, Accepted)
        )

    def _part(self, number: int, state: TextState, code: str) -> Part:
        return Part(self.text.key, number, self.cut.carrier, None, state, code)


def answers(carrier: str, outcomes: Iterable[Outcome]) -> Iterator[Part]:
    """What the carrier's answers say of pieces. A throttle or silence says nothing that could end a doubt."""
    for one in outcomes:
        match one.verdict:
            case Accepted(carrier_id):
                yield Part(one.key, one.number, carrier, carrier_id, TextState.HANDED)
            case Refused(code):
                yield Part(one.key, one.number, carrier, None, TextState.REJECTED, code)
