"""What a send, a chunk of it and a mail of it can become. Pure.

A send:
    draft -> frozen -> running <-> paused
    running -> finished                       only when the books balance and nothing is pending
    frozen, running -> blocked -> frozen, running     a check spoke against it; somebody looked
    draft, frozen -> paused -> draft          held before it ever ran; the freezing goes on where it was
    draft, frozen, running, paused, blocked -> cancelled
`finished` and `cancelled` are final.

A chunk:
    planned -> published -> done              planned: its message is on its way to the broker
    planned, published -> waiting             some of its mails wait for another try, or for their hour
    planned, published -> returned            the send was held: whoever had it gave it back
    published -> planned                      published anew by hand: its message may be lost
    waiting, returned -> planned              published again by the fan-out

A mail (no row: nobody has taken it yet):
    (none), deferred -> claimed -> handed     the MTA took it
                                -> failed     it never will: 5yz, too many attempts, or it cannot be made
                                -> deferred   4yz, or surely not handed over: to be tried again
                                -> in_doubt   handed over, but nobody saw the answer; never sent again by itself
    (none), deferred -> failed, suppressed, skipped, deferred     decided before a hand-over; deferred: not at this hour
    in_doubt -> handed, failed, deferred      the late answer, or somebody's decision
`handed`, `failed`, `suppressed` and `skipped` are final.
"""

from collections.abc import Mapping
from enum import StrEnum


class SendState(StrEnum):
    """The state of a send."""

    DRAFT = "draft"
    FROZEN = "frozen"
    RUNNING = "running"
    PAUSED = "paused"
    BLOCKED = "blocked"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ChunkState(StrEnum):
    """The state of a chunk."""

    PLANNED = "planned"
    PUBLISHED = "published"
    WAITING = "waiting"
    RETURNED = "returned"
    DONE = "done"


class MailState(StrEnum):
    """The state of one mail of a send. `suppressed`: the address or the person's wish; `skipped`: anything else."""

    CLAIMED = "claimed"
    HANDED = "handed"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    IN_DOUBT = "in_doubt"
    DEFERRED = "deferred"


_S, _C, _M = SendState, ChunkState, MailState

SENDS: Mapping[SendState, frozenset[SendState]] = {
    _S.DRAFT: frozenset({_S.FROZEN, _S.PAUSED, _S.CANCELLED}),
    _S.FROZEN: frozenset({_S.RUNNING, _S.BLOCKED, _S.PAUSED, _S.CANCELLED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.BLOCKED, _S.FINISHED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.DRAFT, _S.RUNNING, _S.CANCELLED}),
    _S.BLOCKED: frozenset({_S.FROZEN, _S.RUNNING, _S.CANCELLED}),
    _S.FINISHED: frozenset(),
    _S.CANCELLED: frozenset(),
}
#: What the fan-out works on.
ACTIVE = frozenset({_S.DRAFT, _S.FROZEN, _S.RUNNING})
OVER = frozenset({_S.FINISHED, _S.CANCELLED})

_AFTER_PUBLISHING = frozenset({_C.DONE, _C.WAITING, _C.RETURNED})
CHUNKS: Mapping[ChunkState | None, frozenset[ChunkState]] = {
    None: frozenset({_C.PLANNED}),
    # A dispatcher may be faster than the note that the broker confirmed.
    _C.PLANNED: _AFTER_PUBLISHING | {_C.PUBLISHED},
    _C.PUBLISHED: _AFTER_PUBLISHING | {_C.PLANNED},
    _C.WAITING: frozenset({_C.PLANNED, _C.DONE}),
    _C.RETURNED: frozenset({_C.PLANNED, _C.DONE}),
    _C.DONE: frozenset(),
}
#: Chunks whose message is, or may be, with the broker or a dispatcher.
IN_FLIGHT = frozenset({_C.PLANNED, _C.PUBLISHED})

_FIRST = frozenset({_M.CLAIMED, _M.FAILED, _M.SUPPRESSED, _M.SKIPPED, _M.DEFERRED})
MAILS: Mapping[MailState | None, frozenset[MailState]] = {
    None: _FIRST,
    _M.DEFERRED: _FIRST,
    _M.CLAIMED: frozenset({_M.HANDED, _M.FAILED, _M.DEFERRED, _M.IN_DOUBT}),
    _M.IN_DOUBT: frozenset({_M.HANDED, _M.FAILED, _M.DEFERRED}),
    **{state: frozenset() for state in (_M.HANDED, _M.FAILED, _M.SUPPRESSED, _M.SKIPPED)},
}
#: Rows that still count as pending, as do people without a row.
OPEN = frozenset({_M.CLAIMED, _M.DEFERRED})


def send_may_become(state: SendState, new: SendState) -> bool:
    """Whether a send may make this move."""
    return new in SENDS[state]


def chunk_may_become(state: ChunkState | None, new: ChunkState) -> bool:
    """Whether a chunk may make this move; None is one that was never planned."""
    return new in CHUNKS[state]


def mail_may_become(state: MailState | None, new: MailState) -> bool:
    """Whether a mail may make this move; None is a person nobody has taken yet."""
    return new in MAILS[state]
