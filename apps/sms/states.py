"""The states of texts and members, in the words that the tables, the contracts and the command line use."""

from enum import StrEnum


class TextState(StrEnum):
    """Of a text in (`received`, `settled`) or out (the rest)."""

    #: In: stored, the hub has not looked at it yet.
    RECEIVED = "received"
    #: In: the hub did what it had to.
    SETTLED = "settled"
    #: Out: waits for its turn.
    QUEUED = "queued"
    #: Out: its broadcast is paused.
    HELD = "held"
    #: Out: charged and on its way to the carrier.
    CLAIMED = "claimed"
    #: Out: the carrier has all of it.
    HANDED = "handed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    #: Out: the carrier refused it, or said later that it did.
    REJECTED = "rejected"
    #: Out: we could not send it at all.
    FAILED = "failed"
    #: Out: the member opted out before it left.
    REVOKED = "revoked"
    #: Out: its broadcast, or somebody, took it back.
    CANCELLED = "cancelled"
    #: Out: a policy forbade it (no consent, too late, quiet hours that did not end in time).
    SUPPRESSED = "suppressed"
    #: Out: it may or may not have reached the carrier.
    IN_DOUBT = "in_doubt"


class MemberState(StrEnum):
    """Of a member of a leader."""

    #: Wrote, and was asked to sign up.
    ASKED = "asked"
    JOINED = "joined"
    #: Opted out.
    LEFT = "left"


class Lane(StrEnum):
    """Which texts go out first, in this order."""

    #: The one answer to an opt-out, help or opt-in word.
    CONFIRMATION = "confirmation"
    #: What the hub answers by itself.
    ANSWER = "answer"
    #: What a leader writes to one member.
    LEADER = "leader"
    BROADCAST = "broadcast"


class BroadcastState(StrEnum):
    """Of a broadcast. Whether it is paused is told apart from how far it is."""

    #: Not yet: it has a time, or will begin at once.
    SCHEDULED = "scheduled"
    #: Its audience is being written down.
    FREEZING = "freezing"
    #: Its texts are being written, a few ahead of those that leave.
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    #: Its books do not balance; see its reason.
    BLOCKED = "blocked"
