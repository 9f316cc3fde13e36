"""Pipelines after Broadway's contract: producers, processors, batchers, batch processors; acknowledged at the end.

Start with `Handler`, `Producer` and `pipeline_spec`; talk to a running one through `Pipeline`. What cannot be as in
the contract is listed in README.md.
"""

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
