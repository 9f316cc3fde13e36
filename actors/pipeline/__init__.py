"""Pipelines after Broadway's contract: producers, processors, batchers, batch processors; acknowledged at the end.

Start with `Handler`, `Producer` and `pipeline_spec`; talk to a running one through `Pipeline`. What cannot be as in
the contract is listed in README.md.

The public names are loaded when first used: the command line reads records below this package without paying for that.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actors.pipeline.acknowledger import NO_ACK, Acknowledger, CallerAcknowledger, ack_immediately
    from actors.pipeline.batching import EMIT, EMIT_BEFORE, Batch, BatchInfo
    from actors.pipeline.errors import NotLimited, NotRunning, PipelineError, WrongOption
    from actors.pipeline.handler import CONTEXT_NOT_SET, Handler
    from actors.pipeline.limiter import Admission, Limiter, RateLimiting
    from actors.pipeline.message import OK, Crash, Failed, Message
    from actors.pipeline.options import PipelineOptions, reference
    from actors.pipeline.pipeline import Pipeline, all_running, pipeline_spec
    from actors.pipeline.plan import Plan, Topology
    from actors.pipeline.producer import Producer

__all__ = [
    "CONTEXT_NOT_SET", "EMIT", "EMIT_BEFORE", "NO_ACK", "OK", "Acknowledger", "Admission", "Batch", "BatchInfo",
    "CallerAcknowledger", "Crash", "Failed", "Handler", "Limiter", "Message", "NotLimited", "NotRunning", "Pipeline",
    "PipelineError", "PipelineOptions", "Plan", "Producer", "RateLimiting", "Topology", "WrongOption",
    "ack_immediately", "all_running", "pipeline_spec", "reference",
]  # fmt: skip

_MODULES = {
    "acknowledger": ("NO_ACK", "Acknowledger", "CallerAcknowledger", "ack_immediately"),
    "batching": ("EMIT", "EMIT_BEFORE", "Batch", "BatchInfo"),
    "errors": ("NotLimited", "NotRunning", "PipelineError", "WrongOption"),
    "handler": ("CONTEXT_NOT_SET", "Handler"),
    "limiter": ("Admission", "Limiter", "RateLimiting"),
    "message": ("OK", "Crash", "Failed", "Message"),
    "options": ("PipelineOptions", "reference"),
    "pipeline": ("Pipeline", "all_running", "pipeline_spec"),
    "plan": ("Plan", "Topology"),
    "producer": ("Producer",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
