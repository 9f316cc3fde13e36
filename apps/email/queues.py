"""The exchanges, queues and bindings of the email app: events in, one lane per class of mail, one of chunks.

Values only; any thread.
"""

from actors import broadcast
from actors.broker import Binding, Exchange, Queue, Topology
from apps.email.campaign.chunk import QUEUE as CHUNKS
from apps.email.config import MailClass
from supervision.config import Settings

#: Topic exchange for CloudEvents; the routing key is the event's type. Other services publish here too.
EVENTS = broadcast.EXCHANGE
#: What the decider reads.
DECIDING = "email.events"
#: What the two dispatchers read; published to by queue name.
LANES: dict[MailClass, str] = {"transactional": "email.transactional", "bulk": "email.bulk"}


def queues(settings: Settings) -> Topology:
    """What must exist before the first event. A job comes back each time a root is killed: no delivery limit."""
    return Topology(
        exchanges=(Exchange(EVENTS, "topic"),),
        queues=tuple(map(Queue, (DECIDING, *LANES.values(), CHUNKS))),
        bindings=(Binding(EVENTS, DECIDING, "#"),),
    )
