"""What became of each mail of a batch. Pure; any thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from actors.smtp.replies import Reply


class Outcome(StrEnum):
    """The five things that can be known about a mail after a hand-over was tried."""

    ACCEPTED = "accepted"
    """2yz: the server is responsible for it now."""
    DEFERRED = "deferred"
    """4yz: not now; worth another try later."""
    REFUSED = "refused"
    """5yz, or it cannot be put on this wire at all: do not try again."""
    UNKNOWN = "unknown"
    """Its last octet left us and no answer came back: it may have been accepted."""
    UNSENT = "unsent"
    """Surely not accepted and never judged: hand it over again, at once if you like."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one mail.

    Attributes:
        key: the envelope's key.
        outcome: see `Outcome`.
        reply: the reply that decided, where there was one.
        reason: one line for people; the reply's text, or what happened instead of a reply.
        refused: (recipient, reply) of each recipient turned down, also when the mail was accepted for others.
    """

    key: str
    outcome: Outcome
    reply: Reply | None = None
    reason: str = ""
    refused: tuple[tuple[str, Reply], ...] = ()

    @property
    def code(self) -> int | None:
        """Three digits of RFC 5321, e.g. 550."""
        return None if self.reply is None else self.reply.code

    @property
    def enhanced(self) -> str | None:
        """Enhanced status code of RFC 3463, e.g. "5.1.1"."""
        return None if self.reply is None else self.reply.enhanced


_MEANT = {2: Outcome.ACCEPTED, 4: Outcome.DEFERRED, 5: Outcome.REFUSED}


def judge(key: str, reply: Reply, refused: Sequence[tuple[str, Reply]] = ()) -> Verdict:
    """The verdict that a final reply (2yz, 4yz, 5yz) means."""
    return Verdict(key, _MEANT[reply.category], reply, reply.shown, tuple(refused))


def judge_refusals(key: str, refused: Sequence[tuple[str, Reply]]) -> Verdict:
    """No recipient was taken. One 4yz among them is reason enough to try again."""
    decisive = next((reply for _, reply in refused if reply.category == 4), refused[0][1])
    return judge(key, decisive, refused)


def unknown(key: str, reason: object) -> Verdict:
    return Verdict(key, Outcome.UNKNOWN, reason=f"no answer after the last octet: {reason}")


def unsent(key: str, reason: object) -> Verdict:
    return Verdict(key, Outcome.UNSENT, reason=str(reason))


def cannot_be_sent(key: str, reason: str) -> Verdict:
    return Verdict(key, Outcome.REFUSED, reason=reason)
