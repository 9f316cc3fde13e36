"""Back to the broker with a delay. Runs in the producer's thread; the acknowledger casts and does not wait.

An acknowledger that can keep a message back has `postpone(ref, messages, delay_seconds)`. One that only has `requeue`
gets the messages back without delay; with neither they fail.
"""

import logging
from collections.abc import Sequence

from actors.pipeline.acknowledger import Groups, requeue
from actors.pipeline.message import Message

logger = logging.getLogger(__name__)


def give_back(messages: Sequence[Message], delay_seconds: float) -> None:
    """Every message to its own acknowledger; what one of them raises is logged, and stops no other."""
    groups = Groups()
    groups.add(messages, failed=False)
    for acknowledger, ref, held, _ in groups:
        postpone = getattr(acknowledger, "postpone", None)
        if postpone is None:
            requeue(held, "its rate left no place to wait for")
            continue
        try:
            postpone(ref, held, delay_seconds)
        except Exception:
            logger.exception("%r could not take back %d message(s) of %r", acknowledger, len(held), ref)
