"""Why a message was dead-lettered: RabbitMQ's `x-death` header, read and written. Pure; any thread.

The header is a list, the latest death first. A second death in the same queue for the same reason adds to `count` and
moves to the front, as RabbitMQ does; the first death's exchange and routing key are kept.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

HEADER = "x-death"
REJECTED = "rejected"
DELIVERY_LIMIT = "delivery-limit"
EXPIRED = "expired"
#: Seconds until the year 6325, which a calendar can hold.
LARGEST = 2**37


@dataclass(frozen=True, slots=True)
class Death:
    """One way in which a message died.

    Attributes:
        queue: where it was.
        reason: what the consumer said, or `delivery-limit`.
        time: of the last such death, in seconds since the epoch.
        exchange: the exchange and `routing_key` it was published with.
    """

    queue: str
    reason: str
    count: int
    time: float
    exchange: str
    routing_key: str


def deaths(headers: Mapping[str, Any]) -> tuple[Death, ...]:
    """The deaths noted in a message's headers, the latest first; entries of another form are passed over."""
    noted = headers.get(HEADER)
    if not isinstance(noted, list):
        return ()
    return tuple(_parse(entry) for entry in noted if isinstance(entry, Mapping) and "queue" in entry)


def with_death(headers: Mapping[str, Any], death: Death) -> dict[str, Any]:
    """The headers of a message that has just died."""
    earlier = deaths(headers)
    same = [known for known in earlier if (known.queue, known.reason) == (death.queue, death.reason)]
    others = [known for known in earlier if (known.queue, known.reason) != (death.queue, death.reason)]
    latest = {**asdict(death), "count": death.count + sum(known.count for known in same)}
    if same:
        latest |= {"exchange": same[0].exchange, "routing_key": same[0].routing_key}
    return {**headers, HEADER: [latest, *map(asdict, others)]}


def sane(value: Any, otherwise: float) -> float:
    """A number of something, or a time. Anybody may send such headers; what makes no sense shall kill nobody."""
    return value if isinstance(value, int | float) and 0 <= value <= LARGEST else otherwise


def _parse(entry: Mapping[str, Any]) -> Death:
    return Death(
        queue=str(entry["queue"]),
        reason=str(entry.get("reason", "")),
        count=int(sane(entry.get("count"), 1)),
        time=float(sane(entry.get("time"), 0.0)),
        exchange=str(entry.get("exchange", "")),
        routing_key=str(entry.get("routing_key", "")),
    )
