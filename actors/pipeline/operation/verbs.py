"""What can be asked of pipelines, and ordered. A verb about a pipeline in a node is carried out in that node.

Runs in a verb's own thread. Orders return when they are accepted; a shared rate is changed in the database at once.
"""

from typing import Any

from pydantic import Field

from actors.pipeline.errors import WrongOption
from actors.pipeline.operation.view import show as view
from actors.pipeline.pipeline import Pipeline
from actors.pipeline.resizing import MAX_STAGES
from supervision import System
from supervision.errors import RookeryError
from supervision.node.places import node_above
from supervision.node.routing import LINK_SECONDS, routed
from supervision.verbs import NoParams, Params, Site, Verb

VALVE = "valve"


class OnPipeline(Params):
    path: str = Field(description="path of a pipeline in the tree")


class PauseParams(OnPipeline):
    why: str = Field("paused by the operator", min_length=1, max_length=200)


class ResizeParams(OnPipeline):
    processors: int | None = Field(None, ge=1, le=MAX_STAGES, description="how many processors there shall be")
    batcher: str | None = Field(None, description="the batcher that batch_processors is about")
    batch_processors: int | None = Field(None, ge=1, le=MAX_STAGES, description="how many of them there shall be")
    timeout_seconds: float = Field(30.0, gt=0, le=300, description="for those that are too many to finish their work")


class RateParams(OnPipeline):
    allowed_messages: int | None = Field(None, ge=1)
    interval_seconds: float | None = Field(None, gt=0)
    reset: bool = Field(False, description="forget what has passed; a shared rate cannot")


def paths(system: System) -> list[str]:
    """All pipelines of the whole tree, those in nodes too."""
    rows = {row.path for row in system.tree.rows()}
    found = [path.removesuffix(f"/{VALVE}") for path in rows if path.endswith(f"/{VALVE}")]
    return sorted(path for path in found if f"{path}/terminator" in rows and f"{path}/producers" in rows)


def pipelines(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """One line for each; of one that cannot be asked now only its path and the reason."""
    lines: list[dict[str, Any]] = []
    for path in paths(site.system):
        try:
            node = node_above(site.system, path)
            whole = view(site.system, path) if node is None else node.ask(SHOW, {"path": path}, LINK_SECONDS)
            lines.append({name: value for name, value in whole.items() if name != "stages"})
        except RookeryError as error:
            lines.append({"path": path, "state": "unknown", "reasons": {"asked": str(error)}})
    return lines


def show(site: Site, params: OnPipeline) -> dict[str, Any]:
    return view(site.system, params.path)


def pause(site: Site, params: PauseParams) -> dict[str, Any]:
    """What is inside is finished; nothing new is begun until `resume`."""
    return _standing(params.path, Pipeline(site.system, params.path).pause(params.why))


def resume(site: Site, params: OnPipeline) -> dict[str, Any]:
    """Take back the pause and close the circuit; what the pipeline needs is still waited for."""
    return _standing(params.path, Pipeline(site.system, params.path).resume())


def resize(site: Site, params: ResizeParams) -> dict[str, Any]:
    """Returns when it is so. Raises StillWorking, WrongOption."""
    if (params.batcher is None) != (params.batch_processors is None):
        raise WrongOption("a batcher and its number of batch processors come together", field="batcher")
    workers = {} if params.batcher is None else {params.batcher: params.batch_processors or 1}
    Pipeline(site.system, params.path).resize(params.processors, workers, params.timeout_seconds)
    shown = view(site.system, params.path)
    return {name: shown[name] for name in ("path", "processors", "batchers")}


def rate(site: Site, params: RateParams) -> dict[str, Any]:
    """Read the limit, or change it; a shared one changes for all nodes and machines. Raises NotLimited."""
    pipeline = Pipeline(site.system, params.path)
    given = params.model_dump(exclude={"path"})
    changes = {name: value for name, value in given.items() if value not in (None, False)}
    if changes:
        pipeline.update_rate_limiting(**changes)
    figures = pipeline.get_rate_limiting()
    return {
        "path": params.path,
        "allowed_messages": figures.allowed_messages,
        "interval_seconds": figures.interval_seconds,
    }


def _standing(path: str, reasons: dict[str, str]) -> dict[str, Any]:
    return {"path": path, "state": "held" if reasons else "running", "reasons": reasons}


SHOW = "pipeline.show"

_ON_ONE: tuple[Verb, ...] = (
    Verb(SHOW, OnPipeline, show, doc="One pipeline: its stages, what is inside, why it stands still."),
    Verb("pipeline.pause", PauseParams, pause, writes=True, doc="Begin nothing new until resumed."),
    Verb("pipeline.resume", OnPipeline, resume, writes=True, doc="Go on after a pause; try again after failures."),
    Verb("pipeline.resize", ResizeParams, resize, writes=True, doc="More or fewer stages of a layer."),
    Verb("pipeline.rate", RateParams, rate, writes=True, doc="Read or change the rate limit."),
)
VERBS: tuple[Verb, ...] = (
    Verb("pipeline.list", NoParams, pipelines, doc="All pipelines of this root, with their figures."),
    *(routed(verb) for verb in _ON_ONE),
)
