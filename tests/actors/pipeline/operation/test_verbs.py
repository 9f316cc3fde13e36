"""What the operator sees of pipelines and can order, in this process."""

import threading
from typing import Any, cast

import pytest

from actors.pipeline import Handler, Message, NotLimited, NotRunning, Pipeline, WrongOption, pipeline_spec
from actors.pipeline.operation.commands import row
from actors.pipeline.operation.metrics import PipelineCollector
from actors.pipeline.operation.verbs import VERBS
from actors.pipeline.testing import Caller, Emit, ManualProducer
from supervision import Supervisor
from supervision.spec import ChildSpec
from supervision.testing import Running, running
from supervision.verbs import Site


class Moody(Handler):
    def handle_message(self, message: Message, context: Any) -> Message:
        return message.failed("it said so") if message.data == "bad" else message


def spec(**options: Any) -> ChildSpec:
    producer = {"actor": ManualProducer, **options}
    processors = {"concurrency": 1, "max_demand": 2, "min_demand": 0}
    return Supervisor.spec("email", [pipeline_spec("mails", handler=Moody(), producer=producer, processors=processors)])


PATH = "/email/mails"


def ask(run: Running, name: str, **params: Any) -> Any:
    verb = next(verb for verb in VERBS if verb.name == name)
    return verb(Site(run.system, cast(Any, None)), params)


def settled(run: Running) -> dict[str, Any]:
    """The view once the chunk that was just acknowledged is counted too."""
    pause = threading.Event()
    for _ in range(1000):
        shown: dict[str, Any] = ask(run, "pipeline.show", path=PATH)
        if shown["chunks"] and not shown["in_flight"] and shown["lag_seconds"] is not None:
            return shown
        pause.wait(0.01)
    raise AssertionError(shown)


def test_what_was_done_is_counted_by_pipeline_and_stage() -> None:
    with running(spec()) as run:
        collector = PipelineCollector(run.system)
        caller = Caller()
        born = run.system.clock.time() - 30.0
        messages = [caller.message(data, metadata={"timestamp": born}) for data in ("good", "bad")]
        Pipeline(run.system, PATH).push_messages(messages)
        acked = caller.expect_ack()
        assert (len(acked.successful), len(acked.failed)) == (1, 1)
        shown = settled(run)
        (line,) = ask(run, "pipeline.list")
        assert (line["path"], line["state"], line["successful"], line["failed"]) == (PATH, "running", 1, 1)
        assert shown["lag_seconds"] == pytest.approx(30.0, abs=5.0)
        stage = next(stage for stage in shown["stages"] if stage["id"] == "processors/processor-1")
        assert (stage["successful"], stage["failed"]) == (1, 1)
        samples = {
            (sample.name, sample.labels.get("stage")): sample.value
            for family in collector.collect()
            for sample in family.samples
        }
        assert samples["rookery_pipeline_failed_total", "processors/processor-1"] == 1
        assert samples["rookery_pipeline_lag_seconds_count", None] == 1
        assert samples["rookery_pipeline_held", None] == 0


def test_a_pause_is_an_order_with_a_reason_and_an_end() -> None:
    with running(spec()) as run:
        assert ask(run, "pipeline.pause", path=PATH, why="maintenance")["reasons"] == {"operator": "maintenance"}
        (line,) = ask(run, "pipeline.list")
        assert (line["state"], line["reasons"]) == ("held", {"operator": "maintenance"})
        assert row(line)[-1] == "operator: maintenance"
        assert ask(run, "pipeline.resume", path=PATH)["state"] == "running"


def test_a_rate_is_shown_and_changed_while_it_runs() -> None:
    rate = {"allowed_messages": 1, "interval_seconds": 3600.0, "window": "sliding"}
    with running(spec(rate_limiting=rate)) as run:
        collector = PipelineCollector(run.system)
        caller = Caller()
        emit = Emit([caller.message(number) for number in range(3)])
        run.system.address(f"{PATH}/producers/producer-1").call(emit)
        assert len(caller.expect_ack().successful) == 1
        assert ask(run, "pipeline.show", path=PATH)["rate"]["granted"] == 1
        changed = ask(run, "pipeline.rate", path=PATH, allowed_messages=5)
        assert (changed["allowed_messages"], changed["interval_seconds"]) == (5, 3600.0)
        families = {family.name: family for family in collector.collect()}
        assert families["rookery_pipeline_rate_granted"].samples[0].labels == {"pipeline": PATH}


def test_layers_change_their_size_by_order() -> None:
    with running(spec()) as run:
        assert ask(run, "pipeline.resize", path=PATH, processors=3)["processors"] == 3
        assert ask(run, "pipeline.resize", path=PATH, processors=1)["processors"] == 1
        with pytest.raises(WrongOption):
            ask(run, "pipeline.resize", path=PATH, batcher="default")


def test_what_is_not_there_is_said() -> None:
    with running(spec()) as run:
        for verb in ("pipeline.show", "pipeline.pause", "pipeline.resume", "pipeline.rate"):
            with pytest.raises(NotRunning):
                ask(run, verb, path="/nobody")
        with pytest.raises(NotLimited):
            ask(run, "pipeline.rate", path=PATH)
