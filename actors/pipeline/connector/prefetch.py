"""How many open deliveries a producer's consumer may have, and how many it hands over at once. Pure; any thread."""

from collections.abc import Sequence

from actors.pipeline.connector.errors import WrongOption

#: AMQP's prefetch count has 16 bits.
MAX_PREFETCH = 65535
#: Enough for a lively trickle where the stages ask for very little.
MIN_PREFETCH = 10
#: The next messages are fetched while these are handled.
HEADROOM = 2


def prefetch_for(
    processors: int,
    max_demand: int,
    batchers: Sequence[tuple[int, int]] = (),
    producers: int = 1,
    headroom: int = HEADROOM,
) -> int:
    """The window of one of `producers` that keeps every stage busy.

    What all processors may ask for, `headroom` times, since the next is fetched while this is handled; and for each
    batcher (its batch size and its number of batch processors) one batch in each hand and one that fills. With less,
    each batch would wait for its timeout. Raises WrongOption when a number is not above 0.
    """
    sizes = (processors, max_demand, producers, headroom, *(number for batcher in batchers for number in batcher))
    if min(sizes) < 1:
        raise WrongOption("processors, max_demand, producers, headroom and batchers take numbers above 0")
    demand = processors * max_demand * headroom
    batches = sum(size * (concurrency + 1) for size, concurrency in batchers)
    share = -(-(demand + batches) // producers)
    return min(MAX_PREFETCH, max(MIN_PREFETCH, share))


def list_size_for(prefetch: int, limit: int = 1000) -> int:
    """How many deliveries travel in one list: half a window, so that the other half is worked on meanwhile."""
    return max(1, min(limit, prefetch // 2))
