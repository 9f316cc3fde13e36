"""Publishing and settling for everybody else, with errors that tell what happened.

`Broker` is cheap to make and may be used in any thread. It waits for the confirmation; an actor that must not wait
casts `Publish` instead.
"""

from collections.abc import Iterable

from actors.broker.message import Message
from actors.broker.port import PUBLISHER, Confirmed, Publish, Settlement
from actors.errors import Unavailable
from supervision.actor import Actor
from supervision.errors import CallCycle, CallTimeout, MailboxFull, NoProc, Refusal
from supervision.system import System

#: In front of `Unavailable`'s own words.
WHAT = "the broker"


class Broker:
    """The broker of one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._publisher = system.address(PUBLISHER)

    def publish(self, messages: Iterable[Message], *, mandatory: bool = True, timeout_seconds: float = 5.0) -> int:
        """Store the messages durably, in order; how many reached a queue.

        Raises:
            Unavailable: the broker is down, or did not confirm in time; see its `may_have_happened`.
            Unroutable: some reach no queue, the others are stored. MessageRefused: nothing was stored.
        """
        try:
            confirmed: Confirmed = self._publisher.call(Publish(tuple(messages), mandatory), timeout_seconds)
        except (Unavailable, Refusal, CallCycle):
            raise
        except (NoProc, MailboxFull) as error:
            raise Unavailable(WHAT, PUBLISHER, str(error), retry_at=self._retry_at()) from error
        except CallTimeout as error:
            raise Unavailable(WHAT, PUBLISHER, "no confirmation in time", may_have_happened=True) from error
        except Exception as error:
            raise Unavailable(WHAT, PUBLISHER, "the publisher crashed", may_have_happened=True) from error
        return confirmed.count

    def _retry_at(self) -> float | None:
        status = self._system.whereis(PUBLISHER)
        if status is None or status.retry_in is None:
            return None
        return self._system.clock.monotonic() + status.retry_in


def settle(subscriber: Actor, consumer: str, settlement: Settlement) -> bool:
    """Cast a settlement, from the subscriber's thread, to the consumer that the deliveries came from.

    False when that consumer is gone: its messages come again, flagged as redelivered, and nothing is to be done.
    """
    try:
        subscriber.cast(consumer, settlement)
    except NoProc:
        return False
    return True
