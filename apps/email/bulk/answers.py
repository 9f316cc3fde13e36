"""From what the mail server said to what is written about a mail of a campaign. Pure; any thread.

A bulk mail in doubt stays in doubt: it is not sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from actors.smtp import Outcome, Verdict
from actors.smtp.faults import is_address_fault
from apps.email.bulk.work import Todo, Work
from apps.email.campaign.mails import Result
from apps.email.campaign.states import MailState
from apps.email.config import Retry
from apps.email.outcome import retry_delay


@dataclass(frozen=True, slots=True)
class Answer:
    """One mail's end of a hand-over. `again`: surely not handed over, to be handed over at once; what is written then
    gives the claim free. `dead`: the key of an address that takes no mail and will not take any."""

    work: Work
    todo: Todo
    result: Result
    again: bool = False
    dead: str | None = None


def answer(work: Work, todo: Todo, verdict: Verdict, retry: Retry, now: datetime) -> Answer:
    """What `verdict` means, said at `now`."""
    id = todo.recipient.id
    match verdict.outcome:
        case Outcome.ACCEPTED:
            return Answer(work, todo, _result(id, MailState.HANDED, verdict, None))
        case Outcome.REFUSED:
            dead = todo.recipient.key if is_address_fault(verdict) else None
            return Answer(work, todo, _result(id, MailState.FAILED, verdict, verdict.reason), dead=dead)
        case Outcome.UNKNOWN:
            return in_doubt(work, todo, verdict.reason)
        case Outcome.UNSENT:
            return given_back(work, todo, verdict.reason)
    if todo.attempt >= retry.max_attempts:
        reason = f"given up after {todo.attempt} attempts: {verdict.reason}"
        return Answer(work, todo, _result(id, MailState.FAILED, verdict, reason))
    due_at = now + timedelta(seconds=retry_delay(todo.attempt, retry))
    return Answer(work, todo, _result(id, MailState.DEFERRED, verdict, verdict.reason, due_at))


def in_doubt(work: Work, todo: Todo, reason: str) -> Answer:
    """Nobody knows."""
    return Answer(work, todo, Result(todo.recipient.id, MailState.IN_DOUBT, reason))


def given_back(work: Work, todo: Todo, reason: str) -> Answer:
    """Surely not handed over."""
    return Answer(work, todo, Result(todo.recipient.id, MailState.DEFERRED, reason), again=True)


def _result(id: str, state: MailState, verdict: Verdict, reason: str | None, due_at: datetime | None = None) -> Result:
    reply = None if verdict.reply is None else verdict.reason
    return Result(id, state, reason, verdict.code, verdict.enhanced, reply, due_at)
