"""A branch that runs on one node of all, whichever holds its lease: what may have only one of its kind at a time.

    /sms/inbound
      tenant     starts the branch when the lease is granted, stops it when the lease is lost
      held       the branch, as long as the lease is ours
      lease      one holder over all nodes and machines

Own thread, waiting at most `STOP_SECONDS` for the branch to start or stop. The lease is released when the branch has
stopped, so the next holder never runs beside it. Not guaranteed for a process that stands still and goes on after its
term: whatever the branch then writes must be fenced, or do no harm twice.
"""

import logging
from typing import Any

from actors.lease.holder import Lease
from actors.lease.messages import Held, Lost
from supervision import (
    Actor,
    Backoff,
    ChildSpec,
    DynamicSupervisor,
    Refusal,
    StartChild,
    Supervisor,
    TerminateChild,
)

logger = logging.getLogger(__name__)

STOP_SECONDS = 20.0
HELD = "held"
BACKOFF = Backoff(min_seconds=0.05, max_seconds=5.0, stable_after_seconds=10.0)


class Tenant(Actor):
    """Runs `spec` below the dynamic supervisor at `above` while it holds the lease."""

    def __init__(self, above: str, spec: ChildSpec) -> None:
        super().__init__()
        self.spec = spec
        self.epoch: int | None = None
        self._above = above

    def on_receive(self, message: Any) -> Any:
        match message:
            case Held(_, epoch):
                if epoch != self.epoch:
                    self._begin(epoch)
            case Lost(_, epoch, reason):
                if epoch == self.epoch:
                    logger.info("%s: %s", self.context.path, reason)
                    self._end()
            case _:
                return super().on_receive(message)
        return None

    def _begin(self, epoch: int) -> None:
        """Raises CallError or Refusal, and so dies with its lease: whoever starts next tries again."""
        if self.epoch is not None:
            self._end()
        self.call(self._above, StartChild(self.spec), STOP_SECONDS)
        self.epoch = epoch

    def _end(self) -> None:
        """Raises CallError when the branch does not stop: then the lease is not released, and expires."""
        self.epoch = None
        try:
            self.call(self._above, TerminateChild(self.spec.id), STOP_SECONDS)
        except Refusal:
            logger.debug("%s had ended before", self.spec.id)


def tenant_spec(id: str, path: str, lease: str, spec: ChildSpec, term_seconds: float = 5.0) -> ChildSpec:
    """A branch `id`, which will stand at `path`, that runs `spec` on the node that holds `lease`.

    A node that is killed is followed by another within `term_seconds`; one that stops in order, at once.
    """
    tenant, above = f"{path}/tenant", f"{path}/{HELD}"
    children = [
        ChildSpec(id="tenant", actor=Tenant, args=(above, spec), backoff=BACKOFF, shutdown=STOP_SECONDS),
        DynamicSupervisor.spec(HELD, intensity=20, period=10.0),
        ChildSpec(
            id="lease", actor=Lease, args=(lease, tenant, term_seconds), backoff=BACKOFF, shutdown=2 * STOP_SECONDS
        ),
    ]
    return Supervisor.spec(id, children, strategy="rest_for_one", intensity=20, period=10.0)
