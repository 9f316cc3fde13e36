"""More or fewer stages of a layer while the pipeline runs. Any thread but an actor's: it waits for stages to be done.

New ones are children like the others. One too many asks for no more, works what it was sent, and only then is stopped:
nothing is given back because of it. The new number holds until the pipeline is started anew.

Not possible with `partition_by`: its partitions would move to other stages, and messages overtake each other.
"""

import threading
import time
from collections.abc import Sequence

from actors.pipeline.errors import NotRunning, PipelineError, WrongOption
from actors.pipeline.member import Member, Resubscribe, Retire
from actors.pipeline.plan import BatcherLayer, Plan
from actors.pipeline.topology import batch_processor_specs, processor_specs
from supervision import DeleteChild, NoProc, StartChild, System, TerminateChild
from supervision.errors import Refusal
from supervision.spec import ChildSpec

LOOK_SECONDS = 0.01
ORDER_SECONDS = 30.0
MAX_STAGES = 1000


class Partitioned(PipelineError, Refusal):
    """A layer with `partition_by` cannot change its size while it runs: stop the pipeline and start it with another."""

    title = "A partitioned layer keeps its size"
    status = 409


class StillWorking(PipelineError, Refusal):
    """A stage that is one too many has not finished in time; it goes on, and is stopped by the next attempt."""

    title = "A stage is still at work"
    status = 409


def resize_processors(system: System, plan: Plan, count: int, timeout_seconds: float = ORDER_SECONDS) -> None:
    """Have `count` processors. Raises NotRunning, WrongOption, Partitioned, StillWorking."""
    _check(plan, count)
    _refuse_partitions(plan, plan.options.partitioning(plan.options.processors) is not None, "the processors")
    with plan.resizing:
        before = plan.topology.processors
        if count < len(before):
            _retire(system, before[count:], timeout_seconds)
        plan.resize(processors=count)
        _settle(system, f"{plan.path}/processors", processor_specs(plan), before)
        for layer in plan.topology.batchers:
            for new in plan.topology.processors[len(before) :]:
                system.address(layer.batcher).cast(Resubscribe(new))


def resize_batcher(
    system: System, plan: Plan, batcher: str, count: int, timeout_seconds: float = ORDER_SECONDS
) -> None:
    """Have `count` batch processors behind this batcher. Raises as `resize_processors`."""
    _check(plan, count)
    if batcher not in plan.options.batchers:
        raise WrongOption(f"{plan.path} has no batcher {batcher!r}", field="batcher")
    _refuse_partitions(plan, plan.options.partitioning(plan.options.batchers[batcher]) is not None, batcher)
    with plan.resizing:
        before = _layer(plan, batcher).batch_processors
        if count < len(before):
            _retire(system, before[count:], timeout_seconds)
        plan.resize(batchers={batcher: count})
        supervisor = f"{plan.path}/batchers/{batcher}/batch-processors"
        _settle(system, supervisor, batch_processor_specs(plan, batcher), before)


def _check(plan: Plan, count: int) -> None:
    if type(count) is not int or not 1 <= count <= MAX_STAGES:
        raise WrongOption(f"a layer has from 1 to {MAX_STAGES} stages, not {count!r}")
    if plan.draining.is_set():
        raise NotRunning(f"{plan.path} drains")


def _refuse_partitions(plan: Plan, partitioned: bool, layer: str) -> None:
    if partitioned:
        raise Partitioned(f"{plan.path}: {layer} are partitioned; stop the pipeline to change how many there are")


def _layer(plan: Plan, name: str) -> BatcherLayer:
    return next(layer for layer in plan.topology.batchers if layer.name == name)


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


def _settle(system: System, supervisor: str, wanted: Sequence[ChildSpec], before: Sequence[str]) -> None:
    """Start and stop until the children are the wanted ones."""
    had = {path.rpartition("/")[2] for path in before}
    have = {spec.id for spec in wanted}
    address = system.address(supervisor)
    for spec in wanted:
        if spec.id not in had:
            address.call(StartChild(spec), ORDER_SECONDS)
    for id in sorted(had - have):
        address.call(TerminateChild(id), ORDER_SECONDS)
        address.call(DeleteChild(id), ORDER_SECONDS)
