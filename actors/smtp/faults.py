"""Whose fault a refusal is, by its enhanced status code (RFC 3463, RFC 7505). Pure; any thread."""

from actors.smtp.verdicts import Outcome, Verdict

#: Bad mailbox, bad system, bad syntax, moved, disabled; domain without mail. Not the sender's address (5.1.7, 5.1.8).
ADDRESS_FAULTS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})


def is_address_fault(verdict: Verdict) -> bool:
    """Whether it is about the address, so that no other mail to it will fare better.

    Without an enhanced code 551 and 553 at RCPT say so (RFC 5321 4.2.3). A bare 550 does not: servers also answer it
    out of policy, and who is suppressed by mistake never hears of it.
    """
    if verdict.outcome is not Outcome.REFUSED:
        return False
    if verdict.enhanced is not None:
        return verdict.enhanced in ADDRESS_FAULTS
    return bool(verdict.refused) and verdict.code in (551, 553)


def is_about_the_mailbox(verdict: Verdict) -> bool:
    """Whether a deferral concerns this recipient alone (full, disabled for now), and not everybody at the domain."""
    return (verdict.enhanced or "").startswith(("4.1.", "4.2."))
