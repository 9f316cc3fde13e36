"""The end of a pipeline in order: its last child, which is stopped first, empties it while all the others still run.

Producers stop producing, what is inside is worked, partial batches are flushed, everything is acknowledged. The wait
ends when each stage of the last layer is done or gone, or at the deadline of the whole stop. Runs in its own thread.
"""

import contextlib
import logging
import queue
import time
from typing import Any

from actors.pipeline.member import WillTerminate
from actors.pipeline.plan import Plan
from actors.pipeline.producer import Drain
from supervision.actor import Actor
from supervision.errors import MailboxFull, NoProc
from supervision.messages import Down
from supervision.reasons import Reason

logger = logging.getLogger(__name__)


class Terminator(Actor):
    """Does nothing but drain, and only when the pipeline is being stopped."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def terminate(self, reason: Reason) -> None:
        if self.plan.draining.is_set():
            self.drain()

    def drain(self) -> None:
        topology = self.plan.topology
        pending = set(topology.last)
        for path in topology.last:
            self.context.system.registry.monitor(path, self.plan.done.put)
        for path in topology.processors:
            self.tell(path, WillTerminate())
        for path in topology.producers:
            self.tell(path, Drain())
        while pending:
            try:
                pending.discard(_path(self.plan.done.get(timeout=self.plan.remaining(time.monotonic()))))
            except queue.Empty:
                logger.warning("%s: not empty in time; still at work: %s", self.plan.path, ", ".join(sorted(pending)))
                return

    def tell(self, path: str, message: Any) -> None:
        with contextlib.suppress(NoProc, MailboxFull):
            self.cast(path, message)


def _path(done: str | Down) -> str:
    return done.path if isinstance(done, Down) else done
