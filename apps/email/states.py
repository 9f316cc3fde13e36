"""What can become of a mail to one person, and what to do with a job whose mail is already in the ledger. Pure.

    (none) -> claimed -> handed                          the MTA took it
                      -> failed                          it never will: 5yz, or it cannot be made
                      -> deferred -> claimed ...         4yz, or never handed over: to be tried again
                      -> in_doubt -> claimed ...         handed over, but nobody saw the answer
    (none), deferred, in_doubt -> suppressed, skipped, failed, deferred     decided before a hand-over

`suppressed`: the address or the person's wish; `skipped`: the rule says no. `handed`, `failed`, `suppressed` and
`skipped` are final. That a mail was ever in doubt is counted beside its state and never
forgotten: a second copy is possible for those mails and for no others.
"""

from enum import StrEnum

from apps.email.config import MailClass


class State(StrEnum):
    """The state of a ledger row."""

    CLAIMED = "claimed"
    HANDED = "handed"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    IN_DOUBT = "in_doubt"
    DEFERRED = "deferred"


FINAL = frozenset({State.HANDED, State.FAILED, State.SUPPRESSED, State.SKIPPED})
_FIRST = frozenset({State.CLAIMED, State.FAILED, State.SUPPRESSED, State.SKIPPED, State.DEFERRED})
MOVES: dict[State | None, frozenset[State]] = {
    None: _FIRST,
    State.CLAIMED: frozenset({State.HANDED, State.FAILED, State.DEFERRED, State.IN_DOUBT}),
    State.DEFERRED: _FIRST,
    # The late answer to the hand-over may still come, from whoever made it.
    State.IN_DOUBT: _FIRST | {State.HANDED},
    **{state: frozenset() for state in FINAL},
}


def may_become(state: State | None, new: State) -> bool:
    """Whether the ledger allows this move; None is a mail it does not know yet."""
    return new in MOVES[state]


class Plan(StrEnum):
    """What a dispatcher does with a job."""

    SEND = "send"
    """Nothing speaks against it: claim it and hand it over."""
    SKIP = "skip"
    """Its mail is settled: acknowledge the delivery."""
    LEAVE = "leave"
    """A bulk mail in doubt: acknowledge the delivery, keep the doubt."""
    DOUBT = "doubt"
    """Somebody who is gone held the claim: mark it in doubt, then plan again."""
    WAIT = "wait"
    """A dispatcher has it on its way: this is a second delivery of the same job, acknowledge it."""


def plan(state: State | None, claimed_by: str | None, mail_class: MailClass, me: str, *, redelivered: bool) -> Plan:
    """What `me`, a claimant, does with a job of this class whose row is in this state.

    Several dispatchers may serve one lane. A claim of another one is abandoned if this very delivery was handed out
    before: it came back from its holder. On a first delivery it is the claim of the job's other copy, which is not
    acknowledged yet and comes back by itself should its holder die.
    """
    if state in FINAL:
        return Plan.SKIP
    if state is State.CLAIMED:
        return Plan.WAIT if claimed_by == me or not redelivered else Plan.DOUBT
    if state is State.IN_DOUBT and mail_class == "bulk":
        return Plan.LEAVE
    return Plan.SEND
