"""What the rule of a send, as it was when the send was started, says of each person: not at all, or not at this hour.

Pure; one thread at a time.
"""

from datetime import UTC, datetime

from apps.email.campaign.mails import Claim
from apps.email.campaign.sends import Send
from apps.email.campaign.states import MailState
from apps.email.rulebook.rollout import admit
from apps.email.rulebook.sections import Rollout
from apps.email.rulebook.terms import NO_TERMS, Skip, Terms, Wait, judge
from apps.email.trace import Trace
from apps.people.recipient import Recipient


class SendTerms:
    """Of one send; of its caps and dedupe only the claim can tell."""

    def __init__(self, send: Send) -> None:
        self._rule = send.rule
        rollout = send.terms.get("rollout")
        self._rollout = None if rollout is None else Rollout.model_validate(rollout)
        self._terms = Terms.of({name: value for name, value in send.terms.items() if name != "rollout"})

    def claim(self, to: Recipient, at: float) -> Claim | None:
        """Why there is no mail to this person at this moment; None when there is one."""
        if self._rollout is not None:
            admission = admit(self._rule, self._rollout, to.id, to.address)
            if not admission.admitted:
                return Claim(to.id, to.locale, MailState.SKIPPED, f"rollout: {admission.why}")
        if self._terms == NO_TERMS:
            return None
        found, _ = judge(self._terms, to.time_zone, at, Trace())
        match found:
            case Skip(reason):
                return Claim(to.id, to.locale, MailState.SKIPPED, reason)
            case Wait(until, reason):
                due_at = datetime.fromtimestamp(until, UTC)
                return Claim(to.id, to.locale, MailState.DEFERRED, reason, due_at)
        return None

    def in_shadow(self, to: Recipient) -> bool:
        """Whether the mail to this person is made, and not sent."""
        return self._rollout is not None and admit(self._rule, self._rollout, to.id, to.address).shadow
