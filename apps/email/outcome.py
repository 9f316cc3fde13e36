"""From what the mail server said to what the ledger writes and what becomes of the delivery. Pure; any thread."""

from dataclasses import dataclass
from enum import StrEnum

from actors.smtp import Outcome as Said
from actors.smtp import Verdict
from actors.smtp.faults import is_address_fault
from apps.email.config import Retry
from apps.email.ledger import Result
from apps.email.parcel import Parcel
from apps.email.states import State
from apps.email.trace import Trace


class Then(StrEnum):
    """What happens to the delivery once the ledger knows."""

    ACK = "ack"
    LATER = "later"
    """Back to the queue, not ready before a delay."""
    AGAIN = "again"
    """Stays in hand and is planned anew, at once."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One parcel's end of a hand-over. Without a `result` the claim is given back: it was surely not handed over.

    `dead`: the address takes no mail and will not take any.
    """

    parcel: Parcel
    result: Result | None
    then: Then
    delay_seconds: float = 0.0
    reason: str = ""
    dead: bool = False


def settled(parcel: Parcel, verdict: Verdict, attempt: int, trace: Trace, retry: Retry) -> Settled:
    """What `verdict` on the `attempt`-th try means."""
    match verdict.outcome:
        case Said.ACCEPTED:
            return Settled(parcel, _result(parcel, State.HANDED, verdict, trace), Then.ACK)
        case Said.REFUSED:
            result = _result(parcel, State.FAILED, verdict, trace, verdict.reason)
            return Settled(parcel, result, Then.ACK, dead=is_address_fault(verdict))
        case Said.UNKNOWN:
            return in_doubt(parcel, verdict.reason, trace)
        case Said.UNSENT:
            return given_back(parcel, verdict.reason)
    if attempt >= retry.max_attempts:
        reason = f"given up after {attempt} attempts: {verdict.reason}"
        return Settled(parcel, _result(parcel, State.FAILED, verdict, trace, reason), Then.ACK)
    result = _result(parcel, State.DEFERRED, verdict, trace, verdict.reason)
    return Settled(parcel, result, Then.LATER, delay_seconds=retry_delay(attempt, retry))


def in_doubt(parcel: Parcel, reason: str, trace: Trace) -> Settled:
    """Nobody knows. A transactional mail is sent again and stays listed; a bulk mail is not."""
    trace = trace.note("reply", outcome=Said.UNKNOWN.value, reason=reason)
    result = Result(parcel.job.key, State.IN_DOUBT, reason=reason, trace=trace)
    return Settled(parcel, result, Then.AGAIN if parcel.job.mail_class == "transactional" else Then.ACK)


def given_back(parcel: Parcel, reason: str) -> Settled:
    """Surely not handed over: the claim is free again."""
    return Settled(parcel, None, Then.AGAIN, reason=reason)


def retry_delay(attempt: int, retry: Retry) -> float:
    """Seconds until the next attempt: doubling from `min_seconds`, at most `max_seconds`."""
    return min(retry.max_seconds, retry.min_seconds * 2.0 ** min(attempt - 1, 60))


def _result(parcel: Parcel, state: State, verdict: Verdict, trace: Trace, reason: str | None = None) -> Result:
    reply = None if verdict.reply is None else str(verdict.reply)
    facts = {"code": verdict.code, "enhanced": verdict.enhanced, "reply": reply or verdict.reason}
    noted = trace.note("reply", outcome=verdict.outcome.value, **facts)
    return Result(parcel.job.key, state, reason, verdict.code, verdict.enhanced, reply, noted)
