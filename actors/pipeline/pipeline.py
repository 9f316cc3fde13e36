"""A pipeline from outside: how to declare one, and how to talk to a running one. Any thread.

spec = pipeline_spec(
    "mails",
    handler=Mails(),
    producer={"actor": MyProducer},
    processors={"concurrency": 4},
    batchers={"default": {"batch_size": 100}},
)                                                        # a child of any supervisor, for example at /mails
Pipeline(system, "/mails").push_messages([...])
"""

from collections.abc import Mapping, Sequence
from typing import Any

from actors.pipeline.errors import NotLimited, NotRunning
from actors.pipeline.limiter import RateLimiting
from actors.pipeline.limiting import UpdateRateLimiting
from actors.pipeline.message import Message
from actors.pipeline.options import PipelineOptions
from actors.pipeline.plan import Plan, Topology
from actors.pipeline.producer import Push
from actors.pipeline.rates.valve import Pause, Resume
from actors.pipeline.resizing import ORDER_SECONDS, resize_batcher, resize_processors
from actors.pipeline.tally import Tallies
from actors.pipeline.topology import PipelineSupervisor, prepared
from supervision.calls import TerminateChild
from supervision.errors import NoProc
from supervision.spec import ChildSpec, Flags
from supervision.system import System

#: Beyond the deadline of a stop: for breaking out threads that hang, and for the answer.
STOP_GRACE_SECONDS = 10.0


def pipeline_spec(id: str, *, child: dict[str, Any] | None = None, **options: Any) -> ChildSpec:
    """The pipeline as a child of any supervisor; see `options.reference()` for what it can be told.

    `child` overrides fields of the child spec itself, such as `restart`. Raises WrongOption.
    """
    checked, extra = prepared(options)
    flags = Flags(strategy="rest_for_one", intensity=checked.max_restarts, period=checked.max_seconds)
    fields: dict[str, Any] = {"type": "supervisor", **(child or {})}
    return ChildSpec(id=id, actor=PipelineSupervisor, args=(flags, checked, extra), **fields)


class Pipeline:
    """The pipeline at `path`. Cheap: it looks anew at each call, so it survives restarts. Raises NotRunning."""

    def __init__(self, system: System, path: str) -> None:
        self.system = system
        self.path = path

    def plan(self) -> Plan:
        supervisor = self.system.registry.running(self.path)
        plan = getattr(supervisor, "plan", None)
        if not isinstance(plan, Plan):
            raise NotRunning(f"no pipeline runs at {self.path}")
        return plan

    def options(self) -> PipelineOptions:
        return self.plan().options

    def topology(self) -> Topology:
        return self.plan().topology

    def producer_names(self) -> tuple[str, ...]:
        return self.topology().producers

    def tallies(self) -> Tallies:
        """What each stage did so far, since the pipeline was started last."""
        return self.plan().tallies

    def push_messages(self, messages: Sequence[Message], timeout: float = 5.0) -> None:
        """Send them through one of the producers, past transformer and rate limit; returns when it has them.

        Raises NotRunning, CallTimeout.
        """
        producer = self.system.rng.choice(self.producer_names())
        try:
            self.system.address(producer).call(Push(tuple(messages)), timeout)
        except NoProc as error:
            raise NotRunning(f"{self.path}: {error}") from error

    def get_rate_limiting(self) -> RateLimiting:
        """The values in force, or those of the next window if they were changed. Raises NotLimited."""
        limiter = self.plan().limiter
        if limiter is None:
            raise NotLimited(f"{self.path} was started without rate_limiting")
        return limiter.read()

    def update_rate_limiting(self, *, timeout: float = 5.0, **changes: Any) -> None:
        """Change `allowed_messages` and `interval_seconds` from the next window on; with `reset=True` at once.

        Raises NotLimited, WrongOption, CallTimeout.
        """
        self.get_rate_limiting()
        self.system.address(f"{self.path}/limiter").call(UpdateRateLimiting(changes), timeout)

    def pause(self, why: str = "paused", timeout: float = 5.0) -> dict[str, str]:
        """Begin nothing new, for this reason; what is inside is finished. Answers all reasons to stand still.

        Raises NotRunning, CallTimeout.
        """
        return self._order(Pause(why), timeout)

    def resume(self, timeout: float = 5.0) -> dict[str, str]:
        """Take back the pause and close the circuit. Answers the reasons that are left. Raises as `pause`."""
        return self._order(Resume(), timeout)

    def _order(self, message: Pause | Resume, timeout: float) -> dict[str, str]:
        self.plan()
        try:
            reasons: dict[str, str] = self.system.address(f"{self.path}/valve").call(message, timeout)
        except NoProc as error:
            raise NotRunning(f"{self.path}: {error}", field="path") from error
        return reasons

    def resize(
        self,
        processors: int | None = None,
        batch_processors: Mapping[str, int] | None = None,
        timeout: float = ORDER_SECONDS,
    ) -> None:
        """Have so many processors, and batch processors by batcher; returns when it is so. Not from an actor's thread.

        Partitioned layers stand still for as long as their stages take to finish what they were sent, so that order is
        kept. After `timeout` seconds (per layer) it has the size it had.

        Raises NotRunning, WrongOption, StillWorking.
        """
        plan = self.plan()
        if processors is not None:
            resize_processors(self.system, plan, processors, timeout)
        for batcher, count in (batch_processors or {}).items():
            resize_batcher(self.system, plan, batcher, count, timeout)

    def stop(self, timeout: float | None = None) -> None:
        """Drain and stop; it stays down until its supervisor is told to start it.

        `timeout` seconds are for all of it, `shutdown_seconds` by default; what is not done by then is given back.
        Raises NotRunning.
        """
        plan = self.plan()
        if timeout is not None:
            plan.shutdown_seconds = timeout
        parent, _, id = self.path.rpartition("/")
        self.system.address(parent or "/").call(TerminateChild(id), plan.shutdown_seconds + STOP_GRACE_SECONDS)


def all_running(system: System) -> list[str]:
    """The paths of all pipelines of this process that run now."""
    running = system.registry.all()
    return sorted(actor.context.path for actor in running if isinstance(actor, PipelineSupervisor))
