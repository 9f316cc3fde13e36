"""The actor `limiter` of a pipeline: where its rate limit is read and changed. The limit itself is in the plan.

Runs in its own thread. The producers ask the limit directly, without a message; they are told when it was changed.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.pipeline.limiter import check_changes
from actors.pipeline.plan import Plan
from actors.pipeline.producer import Admit
from supervision.actor import Actor
from supervision.errors import NoProc


@dataclass(frozen=True, slots=True)
class UpdateRateLimiting:
    """To the limiter: take these values over. Raises WrongOption."""

    changes: Mapping[str, Any] = field(default_factory=dict)


class LimiterActor(Actor):
    """Takes `UpdateRateLimiting`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def on_receive(self, message: Any) -> Any:
        if not isinstance(message, UpdateRateLimiting):
            return super().on_receive(message)
        changes = dict(message.changes)
        check_changes(changes)
        assert self.plan.limiter is not None
        self.plan.limiter.update(self.plan.clock.monotonic(), **changes)
        for producer in self.plan.topology.producers:
            with contextlib.suppress(NoProc):
                self.cast(producer, Admit())
        return None
