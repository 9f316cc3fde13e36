"""The exchanges, queues and bindings of the email app: events in, one lane per class of mail, one of chunks.

Values only; any thread.
"""

from actors import broadcast
from actors.broker import Binding, Exchange, Queue, Topology
from apps.email.campaign.chunk import QUEUE as CHUNKS
from apps.email.config import Email, MailClass
from supervision.config import Settings

#: Topic exchange for CloudEvents; the routing key is the event's type. Other services publish here too.
EVENTS = broadcast.EXCHANGE
#: What the decider reads: every event.
DECIDING = "email.events"
#: The same for events that set off a transactional mail, so that none waits behind a million others.
DECIDING_FIRST = "email.events.transactional"
#: Header of an event that its publisher knows to lie in `DECIDING_FIRST` too.
LANE = "rookery-lane"
#: What the two dispatchers read; published to by queue name.
LANES: dict[MailClass, str] = {"transactional": "email.transactional", "bulk": "email.bulk"}


def queues(settings: Settings) -> Topology:
    """What must exist before the first event. A job comes back each time a root is killed: no delivery limit."""
    first = tuple(Binding(EVENTS, DECIDING_FIRST, type) for type in transactional_types(settings.section("email")))
    return Topology(
        exchanges=(Exchange(EVENTS, "topic"),),
        queues=tuple(map(Queue, (DECIDING, DECIDING_FIRST, *LANES.values(), CHUNKS))),
        bindings=(Binding(EVENTS, DECIDING, "#"), *first),
    )


def transactional_types(config: Email) -> list[str]:
    """Types of events that set off a transactional mail."""
    return sorted({rule.event or name for name, rule in config.rules.items() if rule.mail_class == "transactional"})
