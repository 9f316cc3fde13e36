"""What both sides of a stage share: sending in order, hearing of a peer's end, notes to itself. The stage's thread."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.pipeline.stage.messages import Cancel, Subscription
from actors.pipeline.stage.post import Post
from supervision.actor import Actor
from supervision.messages import Down
from supervision.reasons import NOPROC, Reason

logger = logging.getLogger(__name__)

#: Pause before a full mailbox is tried again.
RETRY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Work:
    """To itself: go on with the next chunk."""


@dataclass(frozen=True, slots=True)
class Refill:
    """To itself: events went to nobody, so ask for others."""


@dataclass(frozen=True, slots=True)
class Resend:
    """To itself: try again what full mailboxes refused, or what could not be sent yet."""


class Peer(Actor):
    """An actor that exchanges events with others."""

    # Whoever sends within the demand must never be refused, and the bound must be known before the subscriptions are:
    # so it is as large as the demand of a thousand peers with the default of 1000 each.
    mailbox_bound = 1_000_000

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        #: Events that left without having reached anybody.
        self.discarded = 0
        self._post = Post(self.cast)
        self._watched: set[tuple[str, int]] = set()
        self._notes: set[type] = set()
        self._found = False

    # --- to override -------------------------------------------------------------------------------------------------

    def handle_subscribed(self, subscription: Subscription) -> None:
        """A subscription began, here as producer or as consumer."""

    def handle_cancelled(self, subscription: Subscription, reason: Reason) -> None:
        """A subscription ended; for a consumer: after its last event was worked."""

    def handle_discarded(self, events: Sequence[Any], reason: str) -> bool:
        """Events leave without having reached anybody. Return whether that is to be logged."""
        return True

    def _undelivered(self, messages: Sequence[Any]) -> None:
        """Nobody is there to take these messages; what they mean is settled by the peer's `Down`."""
        for message in messages:
            if isinstance(message, Cancel) and message.returned:
                self._discard(message.returned, "this consumer does not know them, and their producer is gone")

    # --- sending -----------------------------------------------------------------------------------------------------

    def _send(self, path: str, message: Any) -> None:
        if not self._can_be_found():
            self._post.hold(path, message)
            self._note(Resend())
            return
        lost = self._post.send(path, message)
        if lost:
            self._undelivered(lost)
        if self._post.waiting:
            self._resend_later()

    def _can_be_found(self) -> bool:
        """Not in `on_start`, when an answer would find nobody."""
        if not self._found:
            self._found = self.context.system.registry.running(self.context.path) is self
        return self._found

    def _resend(self) -> None:
        self._notes.discard(Resend)
        self._undelivered(self._post.retry())
        if self._post.waiting:
            self._resend_later()

    def _resend_later(self) -> None:
        if Resend not in self._notes:
            self._notes.add(Resend)
            self.send_after(RETRY_SECONDS, Resend())

    def _note(self, note: Work | Refill | Resend) -> None:
        """To itself, behind all that waits; once."""
        if type(note) not in self._notes:
            self._notes.add(type(note))
            self.actor_inbox.put_unbounded(note)

    def _discard(self, events: Sequence[Any], reason: str) -> None:
        self.discarded += len(events)
        if self.handle_discarded(events, reason):
            logger.warning("%s discarded %d events: %s", self.context.path, len(events), reason)

    # --- the life of peers -------------------------------------------------------------------------------------------

    def _watch(self, path: str, incarnation: int) -> None:
        if (path, incarnation) not in self._watched:
            self._watched.add((path, incarnation))
            self.monitor(path)

    def _unwatch(self, down: Down) -> None:
        self._watched = {known for known in self._watched if not is_over(down, *known)}


def is_over(down: Down, path: str, incarnation: int) -> bool:
    """Whether that was the end of this incarnation; nobody being there is the end of all."""
    return down.path == path and (incarnation <= down.incarnation or down.reason == NOPROC)
