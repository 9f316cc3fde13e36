"""Back to the broker with a delay. Runs in the producer's thread; the acknowledger casts and does not wait.

An acknowledger that can keep a message back has `postpone(ref, messages, delay_seconds)`. One that only has `requeue`
gets the messages back without delay; with neither they fail.
"""

import logging
from collections.abc import Sequence

from actors.pipeline.acknowledger import grouped, requeue
from actors.pipeline.message import Message

logger = logging.getLogger(__name__)


def give_back(
    messages: Sequence[Message], delay_seconds: float, reason: str = "its rate left no place to wait for"
) -> None:
    """Every message to its own acknowledger; what one of them raises is logged, and stops no other."""
    for group in grouped(messages):
        held = group.successful
        postpone = getattr(group.acknowledger, "postpone", None)
        if postpone is None:
            requeue(held, reason)
            continue
        try:
            postpone(group.ref, held, delay_seconds)
        except Exception:
            logger.exception("%r could not take back %d message(s) of %r", group.acknowledger, len(held), group.ref)
