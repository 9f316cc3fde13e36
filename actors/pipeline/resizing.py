"""More or fewer stages of a layer while the pipeline runs. Any thread but an actor's: it waits for stages to be done.

New ones are children like the others. One too many asks for no more, works what it was sent, and only then is stopped:
nothing is given back because of it. With `partition_by` the partitions are handed over first, see `handover`. The new
number holds until the pipeline is started anew.
"""

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any

from actors.pipeline.errors import NotRunning, WrongOption
from actors.pipeline.handover import StillWorking, handover, refuse_unless_running
from actors.pipeline.member import Member, Resubscribe, Retire
from actors.pipeline.plan import Plan
from actors.pipeline.topology import batch_processor_specs, processor_specs
from supervision import DeleteChild, NoProc, StartChild, System, TerminateChild
from supervision.calls import AlreadyPresent, AlreadyStarted, NotFound
from supervision.spec import ChildSpec

LOOK_SECONDS = 0.01
ORDER_SECONDS = 30.0
MAX_STAGES = 1000


def resize_processors(system: System, plan: Plan, count: int, timeout_seconds: float = ORDER_SECONDS) -> None:
    """Have `count` processors. Raises NotRunning, WrongOption, StillWorking."""
    _check(count)
    with plan.resizing:
        refuse_unless_running(system, plan)
        before = plan.topology.processors
        with _handing_over(system, plan, None, timeout_seconds):
            _retire(system, before[count:], timeout_seconds)
            plan.resize(processors=count)
        _settle(system, plan, f"{plan.path}/processors", processor_specs(plan), before)
        for layer in plan.topology.batchers:
            for new in plan.topology.processors[len(before) :]:
                with contextlib.suppress(NoProc):  # it is being restarted, and finds them by itself
                    system.address(layer.batcher).cast(Resubscribe(new))


def resize_batcher(
    system: System, plan: Plan, batcher: str, count: int, timeout_seconds: float = ORDER_SECONDS
) -> None:
    """Have `count` batch processors behind this batcher. Raises as `resize_processors`."""
    _check(count)
    if batcher not in plan.options.batchers:
        raise WrongOption(f"{plan.path} has no batcher {batcher!r}", field="batcher")
    with plan.resizing:
        refuse_unless_running(system, plan)
        _, before = plan.topology.around(batcher)
        with _handing_over(system, plan, batcher, timeout_seconds):
            _retire(system, before[count:], timeout_seconds)
            plan.resize(batchers={batcher: count})
        supervisor = f"{plan.path}/batchers/{batcher}/batch-processors"
        _settle(system, plan, supervisor, batch_processor_specs(plan, batcher), before)


def _check(count: int) -> None:
    if type(count) is not int or not 1 <= count <= MAX_STAGES:
        raise WrongOption(f"a layer has from 1 to {MAX_STAGES} stages, not {count!r}")


def _handing_over(
    system: System, plan: Plan, batcher: str | None, timeout_seconds: float
) -> contextlib.AbstractContextManager[None]:
    """Where there are no partitions nothing has to stand still."""
    options = plan.options
    layer = options.processors if batcher is None else options.batchers[batcher]
    if options.partitioning(layer) is None:
        return contextlib.nullcontext()
    return handover(system, plan, batcher, timeout_seconds)


def _retire(system: System, paths: Sequence[str], timeout_seconds: float) -> None:
    """Have them finish. Raises StillWorking."""
    deadline = time.monotonic() + timeout_seconds
    for path in paths:
        try:
            system.address(path).cast(Retire())
        except NoProc:
            continue
    pause = threading.Event()
    while working := [path for path in paths if not _is_done(system, path)]:
        if time.monotonic() > deadline:
            raise StillWorking(f"after {timeout_seconds:g} s still at work: {', '.join(working)}")
        pause.wait(LOOK_SECONDS)


def _is_done(system: System, path: str) -> bool:
    stage = system.registry.running(path)
    return not isinstance(stage, Member) or stage.retired()


def _settle(system: System, plan: Plan, supervisor: str, wanted: Sequence[ChildSpec], before: Sequence[str]) -> None:
    """Start and stop until the children are the wanted ones; a layer that restarts meanwhile has done some of it."""
    had = {path.rpartition("/")[2] for path in before}
    have = {spec.id for spec in wanted}
    deadline = time.monotonic() + ORDER_SECONDS
    for spec in wanted:
        if spec.id not in had:
            _order(system, plan, supervisor, StartChild(spec), deadline)
    for id in sorted(had - have):
        _order(system, plan, supervisor, TerminateChild(id), deadline)
        _order(system, plan, supervisor, DeleteChild(id), deadline)


def _order(system: System, plan: Plan, supervisor: str, order: Any, deadline: float) -> None:
    """Raises NotRunning when no such supervisor comes back in time."""
    pause = threading.Event()
    while time.monotonic() < deadline:
        refuse_unless_running(system, plan)
        try:
            system.address(supervisor).call(order, ORDER_SECONDS)
        except (AlreadyStarted, AlreadyPresent, NotFound):
            return
        except NoProc:
            pause.wait(LOOK_SECONDS)
        else:
            return
    raise NotRunning(f"{supervisor} does not run")
