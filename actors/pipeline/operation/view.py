"""What is seen of the pipelines of one process, as plain values. Reads snapshots and asks no actor; any thread.

Not guaranteed: figures of one reading are not from the same instant.
"""

from typing import Any

from actors.pipeline.member import Member
from actors.pipeline.operation.lag import lags_of
from actors.pipeline.pipeline import Pipeline
from actors.pipeline.plan import Plan
from actors.pipeline.producer import Producer
from actors.pipeline.rates.limiter import RateLimiter
from actors.pipeline.rates.valve import Valve
from supervision import System

#: What a tally counts, as shown.
COUNTED = ("successful", "failed", "requeued", "dropped", "unaccounted", "ack_errors", "chunks")


def show(system: System, path: str) -> dict[str, Any]:
    """Everything about the pipeline at `path`. Raises NotRunning."""
    plan = Pipeline(system, path).plan()
    stages = [_stage(system, plan, stage) for stage in plan.topology.stages]
    reasons, since = _standing(system, path)
    return {
        "path": path,
        "state": _state(plan, reasons),
        "reasons": reasons,
        "since": since,
        "producers": len(plan.topology.producers),
        "processors": len(plan.topology.processors),
        "batchers": {layer.name: layer.concurrency for layer in plan.topology.batchers},
        "in_flight": sum(stage["in_flight"] for stage in stages),
        "oldest_seconds": max((age for stage in stages if (age := stage["oldest_seconds"]) is not None), default=None),
        "lag_seconds": lags_of(system).latest.get(path),
        **{name: plan.tallies.total(name) for name in COUNTED if name != "successful"},
        "successful": sum(plan.tallies.of(stage).successful for stage in plan.topology.last),
        "rate": _rate(plan),
        "stages": stages,
    }


def _state(plan: Plan, reasons: dict[str, str]) -> str:
    if plan.draining.is_set():
        return "draining"
    return "held" if reasons else "running"


def _standing(system: System, path: str) -> tuple[dict[str, str], float | None]:
    valve = system.registry.running(f"{path}/valve")
    return (dict(valve.reasons), valve.since) if isinstance(valve, Valve) else ({}, None)


def _stage(system: System, plan: Plan, path: str) -> dict[str, Any]:
    tally = plan.tallies.of(path)
    member = system.registry.running(path)
    queues = member.queues() if isinstance(member, Member) else []
    oldest = min((queue.origin for queue in queues if queue.origin is not None), default=None)
    return {
        "path": path,
        "id": path.removeprefix(f"{plan.path}/"),
        "running": member is not None,
        "busy": round(tally.workload(system.clock.monotonic()), 3),
        "in_flight": sum(queue.count for queue in queues),
        "oldest_seconds": None if oldest is None else max(0.0, plan.clock.time() - oldest),
        "limited": member.limited() if isinstance(member, Producer) else 0,
        **{name: getattr(tally, name) for name in COUNTED},
    }


def _rate(plan: Plan) -> dict[str, Any] | None:
    if plan.limiter is None:
        return None
    figures = plan.limiter.read()
    shown: dict[str, Any] = {
        "allowed_messages": figures.allowed_messages, "interval_seconds": figures.interval_seconds
    }  # fmt: skip
    if isinstance(plan.limiter, RateLimiter):
        counts = plan.limiter.counts
        shown |= {name: getattr(counts, name) for name in ("granted", "held", "returned", "refused", "unavailable")}
        shown["why"] = plan.limiter.why
    return shown
