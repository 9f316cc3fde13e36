"""A pipeline in a process of its own: seen, held and resized by verbs of the root, measured by the root's /metrics."""

import threading
from pathlib import Path
from typing import Any, cast

from actors.pipeline import Handler, Message, pipeline_spec
from actors.pipeline.operation.metrics import PipelineCollector
from actors.pipeline.operation.verbs import VERBS
from actors.pipeline.rates import APP
from actors.pipeline.testing import ManualProducer
from supervision import Supervisor
from supervision.config import Settings
from supervision.node.metrics import WholeCollector
from supervision.node.options import Options
from supervision.node.parent import Node
from supervision.testing import Running, running
from supervision.verbs import Site

PATH = "/node-1/mails"


class Quiet(Handler):
    def handle_message(self, message: Message, context: Any) -> Message:
        return message


def ask(run: Running, name: str, **params: Any) -> Any:
    verb = next(verb for verb in VERBS if verb.name == name)
    return verb(Site(run.system, cast(Any, None)), params)


def held(run: Running) -> float | None:
    """What the node told last of its own."""
    assert APP.metrics is not None
    for family in WholeCollector(PipelineCollector(run.system), run.system, APP.metrics).collect():
        for sample in family.samples:
            if sample.name == "rookery_pipeline_held" and sample.labels == {"pipeline": PATH, "node": "node-1"}:
                return sample.value
    return None


def test_the_root_sees_and_orders_what_is_in_a_node(tmp_path: Path) -> None:
    inside = pipeline_spec("mails", handler=Quiet(), producer={"actor": ManualProducer}, processors={"concurrency": 1})
    assert APP.metrics is not None
    options = Options(collectors=(APP.metrics,), settings=Settings(tmp_path, {}, (APP,), {}))
    with running(Node.spec("node-1", Supervisor.spec("node-1", [inside]), options)) as run:
        run.wait_state(f"{PATH}/valve", "running")
        (line,) = ask(run, "pipeline.list")
        assert (line["path"], line["state"], line["processors"]) == (PATH, "running", 1)
        assert ask(run, "pipeline.pause", path=PATH, why="night")["reasons"] == {"operator": "night"}
        assert ask(run, "pipeline.resize", path=PATH, processors=2)["processors"] == 2
        assert ask(run, "pipeline.show", path=PATH)["state"] == "held"
        pause = threading.Event()
        for _ in range(500):
            if held(run) == 1.0:
                break
            pause.wait(0.02)
        assert held(run) == 1.0
