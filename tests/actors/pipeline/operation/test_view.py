"""Wherever a message waits in a pipeline, it is counted, and its age is seen."""

from collections.abc import Callable
from typing import Any

import pytest

from actors.pipeline.operation.metrics import PipelineCollector
from actors.pipeline.operation.view import show
from actors.pipeline.rates.lane_producer import LaneProducer
from actors.pipeline.rates.lanes import Lane
from tests.actors.pipeline.harness import PATH, PRODUCER, Recorder, World, world
from tests.actors.pipeline.rates.test_lane_producer import Gated, Offer, Offered

AGE = 100.0


def born(pipe: World) -> dict[str, Any]:
    return {"metadata": {"timestamp": pipe.tree.system.clock.time() - AGE}}


def look(pipe: World, stage: str, ready: Callable[[dict[str, Any]], bool]) -> None:
    """Until the stage is seen to hold the oldest message, and so does the whole pipeline."""
    found: dict[str, Any] = {}

    def seen() -> bool:
        whole = show(pipe.tree.system, PATH)
        found.update(whole)
        found["stage"] = next(one for one in whole["stages"] if one["id"] == stage)
        return found["stage"]["oldest_seconds"] is not None and ready(found["stage"])

    pipe.until(seen)
    assert found["stage"]["oldest_seconds"] == pytest.approx(AGE, abs=30.0)
    assert found["oldest_seconds"] >= found["stage"]["oldest_seconds"]
    assert found["in_flight"] >= found["stage"]["in_flight"]


def test_in_a_producers_buffer_behind_a_closed_valve_and_on_the_metrics() -> None:
    with world() as pipe:
        pipe.pipeline.pause()
        pipe.push(range(3), **born(pipe))
        look(pipe, "producers/producer-1", lambda stage: stage["in_flight"] == 3)
        (sample,) = next(
            family.samples
            for family in PipelineCollector(pipe.tree.system).collect()
            if family.name == "rookery_pipeline_oldest_seconds"
        )
        assert sample.value == pytest.approx(AGE, abs=30.0)
        pipe.pipeline.resume()
        pipe.acks(3)
        pipe.until(lambda: show(pipe.tree.system, PATH)["oldest_seconds"] is None)


def test_while_it_waits_for_the_limit() -> None:
    with world(producer={"rate_limiting": {"allowed_messages": 1, "interval_seconds": 3600.0}}) as pipe:
        pipe.emit(range(3), **born(pipe))
        look(pipe, "producers/producer-1", lambda stage: stage["limited"] == stage["in_flight"] == 2)
        pipe.pipeline.update_rate_limiting(allowed_messages=10, reset=True)
        pipe.acks(3)


def test_in_the_queue_of_a_partition() -> None:
    handler = Gated()
    options: dict[str, Any] = {
        "processors": {"concurrency": 2, "max_demand": 2, "min_demand": 0}, "partition_by": lambda message: 0
    }  # fmt: skip
    with world(handler, **options) as pipe:  # type: ignore[arg-type]
        pipe.push(["a", "b", "c", "d"], **born(pipe))
        assert handler.begun.wait(5.0)
        look(pipe, "producers/producer-1", lambda stage: stage["in_flight"] == 2)
        look(pipe, "processors/processor-1", lambda stage: stage["in_flight"] == 2)
        handler.gate.set()
        pipe.acks(4)


def test_in_an_open_batch() -> None:
    with world(Recorder(), batch={"batch_size": 10, "batch_timeout_seconds": 3600.0}) as pipe:
        pipe.push(range(3), **born(pipe))
        look(pipe, "batchers/default/batcher", lambda stage: stage["in_flight"] == 3)
        pipe.pipeline.stop()


def test_in_a_lane() -> None:
    handler = Gated()
    one = {"concurrency": 1, "max_demand": 1, "min_demand": 0}
    lanes = (Lane("stop"), Lane("bulk", rank=1))
    assert issubclass(Offered, LaneProducer)
    with world(handler, producer={"actor": Offered, "args": (lanes,)}, processors=one) as pipe:  # type: ignore[arg-type]
        pipe.tree.system.address(PRODUCER).call(Offer("bulk", pipe.messages("abc", **born(pipe))))
        assert handler.begun.wait(5.0)
        look(pipe, "producers/producer-1", lambda stage: stage["in_flight"] == 2)
        handler.gate.set()
        pipe.acks(3)
