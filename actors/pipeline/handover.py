"""Partitions move to other stages, and nothing overtakes what belongs to its partition. Any thread but an actor's.

Whoever deals out holds back (demand goes up no further, so RabbitMQ keeps the rest); the stages finish what they were
sent, until it has left them downstream; only then has the layer another number. A stage that dies meanwhile has given
back what it held, and its successor is empty. When the time is over, or the pipeline drains, nothing has changed.

Not guaranteed: order across a death, as ever.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from actors.pipeline.dealer import Hold, Release
from actors.pipeline.errors import NotRunning, PipelineError
from actors.pipeline.member import IsQuiet
from actors.pipeline.plan import Plan
from supervision import CallTimeout, MailboxFull, NoProc, System
from supervision.errors import Refusal

LOOK_SECONDS = 0.01


class StillWorking(PipelineError, Refusal):
    """Stages have not finished in time, and the layer has the size it had; try again."""

    title = "A stage is still at work"
    status = 409


@contextlib.contextmanager
def handover(system: System, plan: Plan, batcher: str | None, timeout_seconds: float) -> Iterator[None]:
    """While inside, nothing is on its way to the processors, or to the batch processors of `batcher`.

    Raises StillWorking, NotRunning; then it was not entered.
    """
    dealers, owners = plan.topology.around(batcher)
    deadline = time.monotonic() + timeout_seconds
    plan.handovers.add(batcher)
    try:
        _until_all(system, plan, dealers, Hold(), deadline)
        _until_all(system, plan, owners, IsQuiet(), deadline)
        refuse_unless_running(system, plan)
        yield
    finally:
        plan.handovers.discard(batcher)
        for path in dealers:
            with contextlib.suppress(NoProc, MailboxFull):  # they look by themselves, too
                system.address(path).cast(Release())


def refuse_unless_running(system: System, plan: Plan) -> None:
    """Raises NotRunning in a drain, and when the pipeline has been started anew since, with a plan of its own."""
    if plan.draining.is_set():
        raise NotRunning(f"{plan.path} drains")
    if getattr(system.registry.running(plan.path), "plan", None) is not plan:
        raise NotRunning(f"{plan.path} was started anew meanwhile")


def _until_all(system: System, plan: Plan, paths: Sequence[str], question: Any, deadline: float) -> None:
    """Ask until each of them has said yes. What is being restarted is waited for."""
    pause = threading.Event()
    waiting = list(paths)
    while waiting := [path for path in waiting if not _says_yes(system, path, question, deadline)]:
        refuse_unless_running(system, plan)
        if time.monotonic() > deadline:
            raise StillWorking(f"not finished in time: {', '.join(waiting)}")
        pause.wait(LOOK_SECONDS)


def _says_yes(system: System, path: str, question: Any, deadline: float) -> bool:
    try:
        return bool(system.address(path).call(question, max(LOOK_SECONDS, deadline - time.monotonic())))
    except (NoProc, MailboxFull, CallTimeout):
        return False
