"""What can be said about a pipeline's queue. Values, checked when they are made; any thread."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from actors.pipeline.connector import metadata
from actors.pipeline.connector.dedupe import Window
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.policy import Policy, policy_of
from actors.pipeline.connector.prefetch import MAX_PREFETCH
from actors.pipeline.connector.retry import Retry
from actors.pipeline.connector.suspicion import DEATHS
from actors.pipeline.rates.lanes import Lane
from actors.pipeline.rates.lanes import check as check_lanes

#: Overrides for the producer with this index (from 1), asked for again at each of its starts.
Merge = Callable[[int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """Where the messages come from, and what becomes of them.

    Attributes:
        queue: its name, as some app's topology declares it.
        lanes: instead of one queue several, each with its lane: `{"stops": Lane("stops"), "bulk": Lane("bulk", rank=1,
            share=5)}`. The urgent overtake what waits in the others, until a processor asks for it: keep the
            processors' `max_demand` small.
        on_success: a policy's name (see `policy.WORDS`) or a `Retry`.
        on_failure: the same; by default a few more attempts with growing delays, then the dead letters.
        metadata: the properties that handlers see, see `metadata.PROPERTIES`. The lag is told by `timestamp`.
        prefetch: open deliveries per producer, divided among its lanes; None is worked out from what the stages ask
            for, so that each lane alone can keep them busy.
        batch: the longest list of deliveries; None is half the prefetch.
        no_ack: acknowledge on arrival. What a crash finds in hand is lost.
        window: recognise copies, which needs the database.
        deaths: at how many deaths of a stage a message may be present until it goes into quarantine, which needs the
            database; None never asks.
        merge: overrides per producer, as for one queue each.
        ordered: nothing may be overtaken by what comes later. What a pipeline holds, or has left when it stops or a
            stage dies, is not sent back piece by piece; it goes back as a whole, in its places, when the consumer's
            connection ends. Take one processor, one batch processor, `max_restarts=0`, a handler that tries again by
            itself what shall come again, and a lease, so that no two machines read at once (`actors.lease.tenant`):
            RabbitMQ gives the next single active consumer what comes later before it has what the last one had.

    Raises:
        WrongOption: a value out of range.
    """

    queue: str = ""
    on_success: Any = "ack"
    on_failure: Any = field(default_factory=Retry)
    metadata: tuple[str, ...] = ("timestamp",)
    prefetch: int | None = None
    batch: int | None = None
    no_ack: bool = False
    window: Window | None = None
    deaths: int | None = DEATHS
    merge: Merge | None = None
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    ordered: bool = False

    def __post_init__(self) -> None:
        if self.lanes:
            _check_lanes(self.queue, self.lanes)
        elif not isinstance(self.queue, str) or not self.queue:
            raise WrongOption("queue: the name of a queue is required, or lanes")
        for name, least, most in (("prefetch", 1, MAX_PREFETCH), ("batch", 1, MAX_PREFETCH), ("deaths", 1, 1000)):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int) and least <= value <= most):
                raise WrongOption(f"{name} must be a number from {least} to {most}, not {value!r}")
        _put(self, "metadata", metadata.check(self.metadata))
        _put(self, "on_success", policy_of(self.on_success))
        _put(self, "on_failure", policy_of(self.on_failure))

    @property
    def needs_database(self) -> bool:
        """Whether something of this can only be done with it."""
        return self.window is not None or self.deaths is not None

    @property
    def by_queue(self) -> Mapping[str, Lane]:
        """The queues and their lanes; a single one has a lane without a name."""
        return self.lanes or {self.queue: Lane("")}

    def policies(self) -> tuple[Policy, Policy]:
        return self.on_success, self.on_failure

    def of(self, index: int) -> "BrokerOptions":
        """Those of one producer. Raises WrongOption."""
        if self.merge is None:
            return self
        overrides = self.merge(index)
        if not isinstance(overrides, Mapping):
            raise WrongOption(f"merge must return a mapping of options, not {overrides!r}")
        known = {one.name for one in fields(self)} - {"merge"}
        unknown = sorted(set(overrides) - known)
        if unknown:
            raise WrongOption(f"merge: unknown option {unknown[0]!r}; known are {', '.join(sorted(known))}")
        return dataclasses.replace(self, **overrides)


def _check_lanes(queue: str, lanes: Mapping[str, Lane]) -> None:
    if queue:
        raise WrongOption(f"queue: give either a queue or lanes, not {queue!r} as well")
    if not all(isinstance(name, str) and name and isinstance(lane, Lane) for name, lane in lanes.items()):
        raise WrongOption(f"lanes: names of queues and their lanes, not {lanes!r}")
    wrong = [lane.id for lane in lanes.values() if not lane.id or "/" in lane.id]
    if wrong:
        raise WrongOption(f"lanes: an id is not empty and has no '/', unlike {wrong[0]!r}")
    try:
        check_lanes(list(lanes.values()))
    except ValueError as error:
        raise WrongOption(f"lanes: {error}") from error


def _put(options: BrokerOptions, name: str, value: Any) -> None:
    object.__setattr__(options, name, value)  # in a frozen value, while it is made
