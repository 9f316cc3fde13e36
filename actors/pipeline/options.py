"""What a pipeline can be told: one schema gives the checks, the defaults and the reference text. Values; any thread.

An unknown key or a wrong value raises `WrongOption` before anything starts; it names the path of the key and, for an
unknown one, what there is instead. Times are seconds.
"""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, field_validator, model_validator

from actors.pipeline.batching import Counting, Splitter
from actors.pipeline.errors import WrongOption
from actors.pipeline.handler import CONTEXT_NOT_SET, Handler
from actors.pipeline.message import DEFAULT, Message
from actors.pipeline.rates.circuit import Circuit

#: For work that waits for I/O, as most handlers do; threads do not make pure Python calculate faster.
DEFAULT_PROCESSORS = 2 * (os.cpu_count() or 1)

PartitionBy = Callable[[Message], int]
Seconds = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


class Options(BaseModel):
    """Base of all sections."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, strict=False)


class RateOptions(Options):
    allowed_messages: PositiveInt = Field(description="messages that may leave all producers together per interval")
    interval_seconds: Seconds = Field(description="length of a window")
    window: Literal["fixed", "sliding"] = Field(
        "fixed", description="fixed: the budget anew each interval; sliding: no interval has more, wherever it begins"
    )
    scope: Literal["pipeline", "shared"] = Field(
        "pipeline", description="shared: one budget for all nodes and machines, through the database; always sliding"
    )
    name: str = Field("", description="of a shared rate; pipelines with the same name draw on the same budget")
    per_key: Callable[[Message], str] | None = Field(
        None, description="message -> key; each key has the whole budget for itself; always sliding"
    )
    cost: Callable[[Message], int] | None = Field(
        None, description="message -> how many permits it takes, 1 unless given; always sliding"
    )

    @property
    def plain(self) -> bool:
        return self.window == "fixed" and self.scope == "pipeline" and self.per_key is None and self.cost is None

    @model_validator(mode="after")
    def _shared_has_a_name(self) -> "RateOptions":
        if (self.scope == "shared") != bool(self.name):
            raise ValueError("a shared rate has a name, and no other has one")
        return self


class ProducerOptions(Options):
    actor: Callable[..., Any] = Field(description="a Producer class, or a callable that returns one unstarted")
    args: tuple[Any, ...] = Field((), description="what it is called with")
    kwargs: Mapping[str, Any] = Field(default_factory=dict, description="what it is called with, by name")
    concurrency: PositiveInt = Field(1, description="how many of it run")
    transformer: Callable[[Any], Message] | None = Field(None, description="turns each foreign event into a Message")
    rate_limiting: RateOptions | None = Field(None, description="the limit at the producers' exit")
    limiter: Callable[[], Any] | None = Field(None, description="makes another Limiter, such as a shared one")
    buffer_size: PositiveInt = Field(10_000, description="events a producer may hold that nobody asked for")

    @model_validator(mode="after")
    def _one_limit(self) -> "ProducerOptions":
        if self.limiter is not None and self.rate_limiting is not None:
            raise ValueError("give either rate_limiting or limiter")
        return self


class StageOptions(Options):
    max_demand: PositiveInt | None = None
    min_demand: Annotated[int, Field(ge=0)] | None = Field(None, description="ask again at so many; half of max_demand")
    partition_by: PartitionBy | None = Field(None, description="message -> whole number: its order is kept per number")

    @model_validator(mode="after")
    def _min_below_max(self) -> "StageOptions":
        if self.max_demand is not None and self.min_demand is not None and self.min_demand >= self.max_demand:
            raise ValueError(f"min_demand must be below max_demand ({self.max_demand})")
        return self


class ProcessorOptions(StageOptions):
    concurrency: PositiveInt = Field(
        default_factory=lambda: DEFAULT_PROCESSORS, description="processors: 2 for each core unless set, for I/O work"
    )
    max_demand: PositiveInt | None = Field(10, description="messages one processor asks of each producer at most")


class BatcherOptions(StageOptions):
    concurrency: PositiveInt = Field(1, description="batch processors")
    batch_size: PositiveInt | tuple[Any, Splitter] = Field(
        100, description="messages of a batch, or (initial accumulator, splitter of 2 arguments)"
    )
    batch_timeout_seconds: Seconds = Field(1.0, description="age of its first message at which a batch leaves unfull")
    max_demand: PositiveInt | None = Field(None, description="batch_size unless set; a splitter needs it")
    max_open_batches: PositiveInt = Field(10_000, description="batches that may be open; one more ends the oldest")

    @field_validator("batch_size", mode="before")
    @classmethod
    def _size_or_splitter(cls, value: Any) -> Any:
        whole = type(value) is int and value > 0
        if not whole and not (isinstance(value, tuple) and len(value) == 2 and _takes_two(value[1])):
            raise ValueError("must be a whole number > 0, or (initial accumulator, splitter of 2 arguments)")
        return value

    @model_validator(mode="after")
    def _splitter_needs_demand(self) -> "BatcherOptions":
        if isinstance(self.batch_size, tuple) and self.max_demand is None:
            raise ValueError("max_demand must be given when batch_size is a splitter")
        return self

    @property
    def demand(self) -> int:
        return self.max_demand or (self.batch_size if isinstance(self.batch_size, int) else 1)

    @property
    def splitting(self) -> tuple[Any, Splitter]:
        """(initial accumulator, splitter), also for a plain number."""
        return (0, Counting(self.batch_size)) if isinstance(self.batch_size, int) else self.batch_size


class PipelineOptions(Options):
    handler: Handler = Field(description="the user's code, shared by all stages")
    producer: ProducerOptions
    processors: ProcessorOptions = ProcessorOptions()
    batchers: dict[str, BatcherOptions] = Field(default_factory=dict)
    context: Any = Field(CONTEXT_NOT_SET, description="given to every callback")
    partition_by: PartitionBy | None = Field(None, description="for all stages that do not say otherwise")
    shutdown_seconds: NonNegative = Field(30.0, description="for the whole stop of the pipeline, drain included")
    max_restarts: Annotated[int, Field(ge=0)] = Field(
        3, description="of its layers, within max_seconds; 0: the death of any stage ends all of it"
    )
    max_seconds: Seconds = Field(5.0, description="see max_restarts")
    resubscribe_interval_seconds: NonNegative = Field(0.1, description="before a restarted producer is asked again")
    handler_timeout_seconds: Seconds | None = Field(None, description="a callback that takes longer counts as hung")
    needs: tuple[Any, ...] = Field(
        (), description="paths, or probes, without which it stands still and a stop gives back: ('/database/pool',)"
    )
    circuit: Circuit | None = Field(None, description="failures in a row that pause it, instead of burning attempts")
    message_events: bool = Field(False, description="events for each single message, not only for chunks")

    @field_validator("batchers")
    @classmethod
    def _names(cls, batchers: dict[str, BatcherOptions]) -> dict[str, BatcherOptions]:
        for name in batchers:
            if not name or "/" in name:
                raise ValueError(f"a batcher's name is not empty and has no '/', unlike {name!r}")
        return batchers

    def partitioning(self, stage: StageOptions) -> PartitionBy | None:
        return stage.partition_by or self.partition_by


def check(given: Mapping[str, Any]) -> PipelineOptions:
    """The options with their defaults. Raises WrongOption with one line for each thing that is wrong."""
    try:
        return PipelineOptions.model_validate(dict(given))
    except ValidationError as error:
        raise WrongOption("\n".join(_line(dict(given), one) for one in error.errors(include_url=False))) from None


def reference() -> str:
    """Every option, one per line: path, default, meaning."""
    return "\n".join(_lines(PipelineOptions, ""))


def _lines(section: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in section.model_fields.items():
        inner = _section_at((*prefix.split("."), name) if prefix else (name,))
        path = f"{prefix}.{name}" if prefix else name
        if info.description:
            default = "required" if info.is_required() else repr(info.get_default(call_default_factory=True))
            yield f"{path} ({default}): {info.description}"
        if inner is not None:
            yield from _lines(inner, f"{path}.{DEFAULT}" if name == "batchers" else path)


def _line(given: Mapping[str, Any], error: Any) -> str:
    location = tuple(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] != "extra_forbidden":
        return f"{'.'.join(location) or 'pipeline'}: {message}"
    section = _section_at(location[:-1]) or PipelineOptions
    return f"{'.'.join(location)}: unknown option; there are {', '.join(section.model_fields)}"


#: Which section stands where; a batcher's name may be any.
_SECTIONS: dict[str, type[Options]] = {"producer": ProducerOptions, "processors": ProcessorOptions}


def _section_at(location: tuple[str, ...]) -> type[Options] | None:
    match location:
        case ():
            return PipelineOptions
        case ("batchers",):
            return BatcherOptions
        case ("batchers", _):
            return BatcherOptions
        case ("producer", "rate_limiting"):
            return RateOptions
        case (name,):
            return _SECTIONS.get(name)
    return None


def _takes_two(splitter: Any) -> bool:
    try:
        inspect.signature(splitter).bind(None, None)
    except (TypeError, ValueError):
        return False
    return True
