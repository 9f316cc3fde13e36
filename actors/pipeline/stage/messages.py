"""What stages send each other: casts only, events in lists. Values; any thread.

A consumer sends `Subscribe`, `Ask` and `Cancel` up; a producer sends `Events` and `Cancelled` down. Of one subscription
there are never more messages under way than events asked for, since each `Ask` asks for at least one event and each
`Events` holds at least one.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from supervision.reasons import Reason

Policy = Literal["permanent", "transient", "temporary"]
Mode = Literal["forward", "accumulate"]
Selector = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One link between one incarnation of a producer and one of a consumer; `number` is the consumer's own count."""

    producer: str
    producer_incarnation: int
    consumer: str
    consumer_incarnation: int
    number: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consumer subscribes with. Checked by `demand.check`.

    Attributes:
        max_demand: events asked for and not yet handled, at most.
        min_demand: as soon as not more are outstanding, the consumer asks again; None is half of `max_demand`.
        cancel: what the end of the producer means to the consumer: it ends too (`permanent`), only if that end was
            not an expected one (`transient`), never (`temporary`).
        partition: which one it wants, of a partition dispatcher.
        selector: which events it wants, of a broadcast dispatcher.
        manual: the consumer calls `Stage.ask` itself.
    """

    max_demand: int = 1000
    min_demand: int | None = None
    cancel: Policy = "permanent"
    partition: Hashable = None
    selector: Selector | None = None
    manual: bool = False


# --- up


@dataclass(frozen=True, slots=True)
class Subscribe:
    subscription: Subscription
    terms: Terms


@dataclass(frozen=True, slots=True)
class Ask:
    subscription: Subscription
    count: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """The consumer leaves, or answers `Events` of a subscription it does not know; then `returned` holds them."""

    subscription: Subscription
    reason: Reason
    returned: tuple[Any, ...] = ()


# --- down


@dataclass(frozen=True, slots=True)
class Events:
    subscription: Subscription
    events: list[Any]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The producer's last word on a subscription: it was cancelled, or never accepted."""

    subscription: Subscription
    reason: Reason


# --- from anywhere


@dataclass(frozen=True, slots=True)
class SubscribeTo:
    """To a consumer: subscribe to `producer`. A call answers the `Subscription`; raises BadSubscription, NoProc."""

    producer: str
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True)
class Info:
    """To a producer: hand `message` to `handle_info` once all events that are buffered now have left.

    A call returns when it is queued, a cast does not wait for that either.
    """

    message: Any


@dataclass(frozen=True, slots=True)
class SetDemandMode:
    """To a producer: `accumulate` holds demand and events back, `forward` lets them go in their order."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class CountBuffered:
    """To a stage: a call answers how many events wait in its buffer."""


def events_in(messages: Iterable[Any]) -> list[Any]:
    """The events inside messages nobody handled (`Actor.unhandled`): for those who must give them back."""
    held: list[Any] = []
    for message in messages:
        match message:
            case Events(events=events):
                held += events
            case Cancel(returned=events):
                held += events
    return held
