"""The supervision tree of a pipeline: ordinary supervisors, in the order in which messages flow.

    <pipeline>                rest_for_one
      ...                     what the producers asked for before their start
      limiter                 if there is a rate limit
      producers               one_for_one, 2 n restarts in n seconds     producer-1 ...
      processors              one_for_all, none: escalates               processor-1 ...
      batchers                one_for_one, 2 n restarts in n seconds
        <name>                rest_for_one, 4 restarts in 2 seconds
          batcher
          batch-processors    one_for_all, none                          batch-processor-1 ...
      terminator              empties the pipeline when it is stopped, before what is above
      valve                   holds the producers back; the last, so the first to be stopped

So a crash takes down what is downstream of it, and nothing upstream.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from actors.pipeline import acknowledger
from actors.pipeline.batch_processor import BatchProcessor
from actors.pipeline.batcher import Batcher
from actors.pipeline.drain import Terminator
from actors.pipeline.errors import WrongOption
from actors.pipeline.events import PipelineStarted
from actors.pipeline.limiting import LimiterActor
from actors.pipeline.member import unpacked
from actors.pipeline.options import PipelineOptions, check
from actors.pipeline.plan import BatcherLayer, Plan
from actors.pipeline.processor import Processor
from actors.pipeline.rates.valve import Valve
from supervision.child import Child
from supervision.reasons import Reason
from supervision.spec import ChildSpec, Flags
from supervision.supervisor import Supervisor


class LayerSupervisor(Supervisor):
    """Its children never take longer to stop than the whole pipeline may; they stop together.

    `make` is asked for them at each start: there may be more or fewer by then.
    """

    stops_together = True

    def __init__(self, flags: Flags, plan: Plan, make: Callable[[], list[ChildSpec]]) -> None:
        super().__init__(flags)
        self.plan = plan
        self.make = make

    def init(self) -> Iterable[ChildSpec]:
        return self.make()

    def wind_down(self, reason: Reason) -> None:
        cut_short(self.children.values(), self.plan)
        super().wind_down(reason)


class PipelineSupervisor(Supervisor):
    """The topmost supervisor of a pipeline. `plan` may be read from any thread."""

    plan: Plan

    def __init__(self, flags: Flags, options: PipelineOptions, extra: Sequence[ChildSpec]) -> None:
        super().__init__(flags, extra)
        self.options = options

    def init(self) -> Iterable[ChildSpec]:
        self.options.handler.begin(self.context.system)
        self.plan = Plan(self.context.path, self.options, self.context.system)
        return (*self.init_specs, *layers(self.plan))

    def on_start(self) -> None:
        super().on_start()
        self.context.system.events.emit(
            PipelineStarted(
                path=self.context.path,
                pipeline=self.context.path,
                at=self.context.system.clock.time(),
                options=self.options,
            )
        )

    def wind_down(self, reason: Reason) -> None:
        """Empty the pipeline on an ordered stop; on a crash there is nobody left to do it."""
        if hasattr(self, "plan") and reason.expected:
            self.plan.begin_drain(time.monotonic())
        super().wind_down(reason)

    def terminate(self, reason: Reason) -> None:
        """Give back what threads hold that hang and have no successor."""
        if hasattr(self, "plan"):
            for _, holder in self.plan.holdings.rest():
                acknowledger.requeue(unpacked(holder.take_held()), "the pipeline ended")
        super().terminate(reason)


def cut_short(children: Iterable[Child], plan: Plan) -> None:
    """Give each child what is left of the pipeline's time, if that is less than its own."""
    left = plan.remaining(time.monotonic())
    for child in children:
        own = child.spec.shutdown_seconds
        if left < (float("inf") if own is None else own) and child.spec.type == "worker":
            child.spec = replace(child.spec, shutdown=left)


def prepared(given: dict[str, Any]) -> tuple[PipelineOptions, tuple[ChildSpec, ...]]:
    """The checked options, after the producer's `prepare_for_start`, and the children that it asked for.

    Raises WrongOption.
    """
    options = check(given)
    hook = getattr(options.producer.actor, "prepare_for_start", None)
    if hook is None:
        return options, ()
    answer = hook(given)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise WrongOption(f"prepare_for_start must return (child specs, options), not {answer!r}", field="producer")
    extra, changed = answer
    return check(changed), tuple(extra)


def layers(plan: Plan) -> list[ChildSpec]:
    """The specs of all layers, in their order."""
    options, stages = plan.options, plan.topology
    made = [ChildSpec(id="limiter", actor=LimiterActor, args=(plan,))] if plan.limiter is not None else []
    producers = [
        _stage(plan, path, options.producer.actor, plan, index, *options.producer.args, **options.producer.kwargs)
        for index, path in enumerate(stages.producers)
    ]
    made.append(_layer(plan, "producers", lambda: producers, "one_for_one", 2 * len(producers), len(producers)))
    made.append(_layer(plan, "processors", partial(processor_specs, plan), "one_for_all", 0, 5))
    if stages.batchers:
        count = len(stages.batchers)
        branches = [_branch(plan, layer) for layer in stages.batchers]
        made.append(_layer(plan, "batchers", lambda: branches, "one_for_one", 2 * count, count))
    # It keeps to the deadline by itself, which may be another one than the options'.
    made.append(ChildSpec(id="terminator", actor=Terminator, args=(plan,), shutdown="infinity"))
    # After the terminator, and so stopped before it: a closed valve would hold up the drain.
    made.append(ChildSpec(id="valve", actor=Valve, args=(plan.path, stages.producers, options.needs, options.circuit)))
    return made


def processor_specs(plan: Plan) -> list[ChildSpec]:
    """As many as the plan says now."""
    return [_stage(plan, path, Processor, plan, index) for index, path in enumerate(plan.topology.processors)]


def batch_processor_specs(plan: Plan, name: str) -> list[ChildSpec]:
    """Those of one batcher, as many as the plan says now."""
    (layer,) = (layer for layer in plan.topology.batchers if layer.name == name)
    return [
        _stage(plan, path, BatchProcessor, plan, name, layer.batcher, index)
        for index, path in enumerate(layer.batch_processors)
    ]


def _branch(plan: Plan, layer: BatcherLayer) -> ChildSpec:
    batcher = _stage(plan, layer.batcher, Batcher, plan, layer.name)
    below = _layer(plan, "batch-processors", partial(batch_processor_specs, plan, layer.name), "one_for_all", 0, 5)
    return _layer(plan, layer.name, lambda: [batcher, below], "rest_for_one", 4, 2)


def _layer(
    plan: Plan, id: str, children: Callable[[], list[ChildSpec]], strategy: str, intensity: int, period: float
) -> ChildSpec:
    allowed = intensity if plan.options.max_restarts else 0
    flags = Flags(strategy=strategy, intensity=allowed, period=period)
    return ChildSpec(id=id, actor=LayerSupervisor, args=(flags, plan, children), type="supervisor")


def _stage(plan: Plan, path: str, actor: Any, *args: Any, **kwargs: Any) -> ChildSpec:
    return ChildSpec(
        id=path.rpartition("/")[2],
        actor=actor,
        args=args,
        kwargs=kwargs,
        shutdown=plan.options.shutdown_seconds,
        watchdog=plan.options.handler_timeout_seconds,
    )
