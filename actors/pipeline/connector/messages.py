"""What the connector's actors tell each other. Values; any thread."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from actors.broker.message import Delivery, Message, Tag
from actors.broker.port import Settlement
from actors.pipeline.connector.policy import Policy
from actors.pipeline.connector.quarantine.store import Held

#: Ids of the connector's actors; a consumer's is followed by its producer's number.
CONNECTOR = "connector"
KEEPER = "keeper"
RETRIER = "retrier"
CONSUMERS = "consumers"
CONSUMER = "consumer"


def beside(path: str, id: str) -> str:
    """The path of the sibling with that id."""
    return f"{path.rpartition('/')[0]}/{id}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What only the acknowledger needs to know of a message.

    Attributes:
        claim: its key in the window for copies, if it has one.
        trial: its identity, while it is handled alone.
    """

    delivery: Delivery
    on_success: Policy
    on_failure: Policy
    claim: str = ""
    trial: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A delivery that may be handled, and how; `consumer` is the path of who delivered it, and settles it."""

    delivery: Delivery
    claim: str = ""
    trial: str = ""
    consumer: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks the keeper: an answer for another incarnation than the one that runs is void."""

    path: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Inspect:
    """To the keeper: which of these may be handled? The answer is `Inspected`; the others it settles itself."""

    consumer: str
    deliveries: tuple[Delivery, ...]
    asker: Asker


@dataclass(frozen=True, slots=True)
class Inspected:
    """From the keeper: these may."""

    consumer: str
    checked: tuple[Checked, ...]
    asker: Asker


@dataclass(frozen=True, slots=True)
class BeginTrial:
    """To the keeper: this one is about to be handled alone. `TrialBegun` comes when that is written down."""

    consumer: str
    checked: Checked
    asker: Asker


@dataclass(frozen=True, slots=True)
class TrialBegun:
    """From the keeper."""

    consumer: str
    checked: Checked
    asker: Asker


@dataclass(frozen=True, slots=True)
class Closing:
    """To the keeper: write this down, then settle with the consumer.

    Attributes:
        done: keys that were handled. released: keys that were not.
        survived: identities of messages that were handled, or at least killed nobody.
        held: to be put into quarantine, each acknowledged when it is.
        settlements: to be cast to the consumer when the rest is written down.
    """

    consumer: str
    settlements: tuple[Settlement, ...] = ()
    done: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    survived: tuple[str, ...] = ()
    closed_trials: tuple[str, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self.done or self.released or self.survived or self.closed_trials or self.held)

    def __add__(self, other: "Closing") -> "Closing":
        """Both at once; for the same consumer."""
        return Closing(
            self.consumer,
            joined((*self.settlements, *other.settlements)),
            self.done + other.done,
            self.released + other.released,
            self.survived + other.survived,
            self.closed_trials + other.closed_trials,
            self.held + other.held,
        )

    def tags(self) -> tuple[Tag, ...]:
        """All deliveries that this settles."""
        settled = [tag for settlement in self.settlements for tag in settlement.tags]
        return (*settled, *(thing.delivery.tag for thing in self.held))


def by_consumer(checked: Iterable[Checked]) -> dict[str, list[Checked]]:
    """Each consumer's own, in their order."""
    found: dict[str, list[Checked]] = {}
    for one in checked:
        found.setdefault(one.consumer, []).append(one)
    return found


def joined(settlements: Iterable[Settlement]) -> tuple[Settlement, ...]:
    """Those that say the same become one."""
    tags: dict[Settlement, list[Tag]] = {}
    for one in settlements:
        tags.setdefault(replace(one, tags=()), []).extend(one.tags)
    return tuple(replace(alike, tags=tuple(numbers)) for alike, numbers in tags.items())


@dataclass(frozen=True, slots=True)
class Blame:
    """To the keeper: a stage died with these in hand. They are given back by whoever says so."""

    deliveries: tuple[Delivery, ...]
    traceback: str


@dataclass(frozen=True, slots=True)
class Republish:
    """To the retrier: publish these instead of the deliveries, then carry out `closing`, which settles them."""

    messages: tuple[Message, ...] = field(repr=False)
    closing: Closing


@dataclass(frozen=True, slots=True)
class Idle:
    """To the producer: nothing it emitted is open any more."""
