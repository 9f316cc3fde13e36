"""What is promised about a child: its spec and the checks of it, callable alone. Values only, any thread.

Names and defaults are OTP's `supervisor`; times are seconds. `start` and `backoff` are additions, see the fields.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, get_args, runtime_checkable

from supervision.backoff import Backoff
from supervision.errors import SpecError
from supervision.intensity import Window
from supervision.reasons import Reason
from supervision.strategy import STRATEGIES, Strategy

if TYPE_CHECKING:
    from supervision.actor import Actor

Restart = Literal["permanent", "transient", "temporary"]
Type = Literal["worker", "supervisor"]
Start = Literal["required", "eventual"]
Shutdown = float | Literal["brutal_kill", "infinity"]

#: Seconds a worker has to stop when its spec does not say; a supervisor has as long as its children need.
WORKER_SHUTDOWN_SECONDS = 5.0
AUTO_SHUTDOWN = ("never", "any_significant", "all_significant")


@runtime_checkable
class Name(Protocol):
    """How a child is known beside its path; see `Via`."""

    def claim(self, actor: "Actor") -> None:
        """Called in the actor's thread before its `on_start`; an error is a failed start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """One child of a supervisor.

    Attributes:
        id: unique among its siblings; the last segment of its path.
        actor: a class or callable returning an unstarted `Actor`, called with `args` and `kwargs` at each start.
        restart: `permanent` always, `transient` after an unexpected end, `temporary` never.
        shutdown: seconds to stop in, `"brutal_kill"`, or `"infinity"`. Default 5 for workers, infinity for supervisors.
        type: only decides the default shutdown and what is counted.
        start: `required` (OTP: the supervisor waits for the start, and a failed first start fails the supervisor) or
            `eventual` (the supervisor does not wait; a failed start goes to BACKOFF and costs no restart budget).
        start_timeout: seconds `on_start` may take before the start counts as failed.
        backoff: waits between restarts; None restarts at once, as OTP does. `eventual` children always have one.
        significant: its end by itself may end the supervisor, see `Flags.auto_shutdown`.
        limit: restarts of this child alone; past them it is parked (FAILED) and its siblings live on.
        watchdog: seconds one message may take; after that the child counts as hung and is replaced.
        node: run it, and all below it, in a process of its own; what it is made of must pickle. See `supervision.node`,
            whose `Node.spec` takes further options.
        name: taken before `on_start`, as long as the child lives; a `Via`, for example.

    Arguments are left out of the text form: they may hold secrets or megabytes.
    """

    id: str
    actor: "Callable[..., Actor]"
    args: tuple[Any, ...] = field(default=(), repr=False)
    kwargs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    restart: Restart = "permanent"
    shutdown: Shutdown | None = None
    type: Type = "worker"
    start: Start = "required"
    start_timeout: float = 10.0
    backoff: Backoff | None = None
    significant: bool = False
    limit: Window | None = None
    watchdog: float | None = None
    name: Name | None = None
    node: bool = False

    @property
    def shutdown_seconds(self) -> float | None:
        """Seconds the child has to stop in; None for as long as it needs."""
        if self.shutdown is None:
            return WORKER_SHUTDOWN_SECONDS if self.type == "worker" else None
        if self.shutdown == "infinity":
            return None
        return 0.0 if self.shutdown == "brutal_kill" else self.shutdown

    @property
    def completed(self) -> "ChildSpec":
        """The same with its defaults filled in."""
        seconds = self.shutdown_seconds
        return self if self.shutdown is not None else replace(self, shutdown="infinity" if seconds is None else seconds)

    @property
    def effective_backoff(self) -> Backoff | None:
        if self.backoff is None and self.start == "eventual":
            return Backoff(immediate=0)
        return self.backoff

    def restarts_after(self, reason: Reason) -> bool:
        """Whether an end with `reason` calls for a restart."""
        if self.restart == "transient":
            return not reason.expected
        return self.restart == "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """A supervisor's own promise: `intensity` restarts within `period` seconds are tolerated, one more ends it.

    `on_limit` is `escalate` (OTP: the supervisor ends with `shutdown`) or `park` (the child stays down as FAILED).
    `auto_shutdown` ends it, with `shutdown`, when a significant child has ended by itself: `any_significant` at once,
    `all_significant` when no significant child runs or is being restarted any more.
    """

    strategy: str = "one_for_one"
    intensity: int = 3
    period: float = 5.0
    on_limit: str = "escalate"
    auto_shutdown: str = "never"


class Options(TypedDict, total=False):
    """What a supervisor's spec may say by keyword: the fields of `Flags`, and those of its own `ChildSpec`."""

    strategy: Strategy
    intensity: int
    period: float
    on_limit: str
    auto_shutdown: str
    restart: Restart
    shutdown: Shutdown | None
    start: Start
    start_timeout: float
    backoff: Backoff | None
    significant: bool
    limit: Window | None
    watchdog: float | None
    name: Name | None
    node: bool


def supervisor_spec(id: str, actor: "Callable[..., Actor]", args: tuple[Any, ...], options: Options) -> ChildSpec:
    """The spec of a supervisor: `actor` is called with the flags among `options`, then with `args`."""
    flags = Flags(**{name: value for name, value in options.items() if name in Flags.__slots__})  # type: ignore[arg-type]
    fields: dict[str, Any] = {name: value for name, value in options.items() if name not in Flags.__slots__}
    return ChildSpec(id=id, actor=actor, args=(flags, *args), type="supervisor", **fields)


def check_flags(flags: Flags) -> None:
    """Raises SpecError, tagged as OTP does, when the flags are not valid."""
    if not isinstance(flags, Flags):
        raise SpecError("invalid_type", flags, "must be Flags")
    if flags.strategy not in STRATEGIES:
        raise SpecError("invalid_strategy", flags.strategy, f"must be one of {', '.join(STRATEGIES)}", field="strategy")
    if type(flags.intensity) is not int or flags.intensity < 0:
        raise SpecError("invalid_intensity", flags.intensity, "must be a whole number >= 0", field="intensity")
    if not _seconds(flags.period) or flags.period == 0:
        raise SpecError("invalid_period", flags.period, "must be seconds > 0", field="period")
    if flags.on_limit not in ("escalate", "park"):
        raise SpecError("invalid_on_limit", flags.on_limit, "must be escalate or park", field="on_limit")
    if flags.auto_shutdown not in AUTO_SHUTDOWN:
        message = f"must be one of {', '.join(AUTO_SHUTDOWN)}"
        raise SpecError("invalid_auto_shutdown", flags.auto_shutdown, message, field="auto_shutdown")


def check_childspecs(specs: Iterable[ChildSpec], auto_shutdown: str | None = None) -> None:
    """Raises SpecError for the first spec that is not valid, or for an id used twice.

    With the supervisor's `auto_shutdown` given, significant children are checked against it.
    """
    if isinstance(specs, ChildSpec) or not isinstance(specs, Iterable):
        raise SpecError("badarg", specs, "child specs come in a list")
    seen: set[str] = set()
    for spec in specs:
        check_childspec(spec, auto_shutdown)
        if spec.id in seen:
            raise SpecError("duplicate_child_name", spec.id, "two children with one id")
        seen.add(spec.id)


def check_childspec(spec: ChildSpec, auto_shutdown: str | None = None) -> None:
    """Raises SpecError, tagged as OTP does, when the spec is not valid."""
    if not isinstance(spec, ChildSpec):
        raise SpecError("invalid_child_spec", spec, "must be a ChildSpec")
    if not isinstance(spec.id, str) or not spec.id or "/" in spec.id:
        raise SpecError("invalid_id", spec.id, "must be a non-empty name without '/'", field="id")
    if not callable(spec.actor):
        raise SpecError("invalid_mfa", spec.actor, "must be a class or callable that returns an Actor", field="actor")
    if not isinstance(spec.args, tuple | list):
        raise SpecError("invalid_mfa", spec.args, "must be a tuple of arguments", field="args")
    for name, kind, tag in (
        ("restart", Restart, "invalid_restart_type"),
        ("type", Type, "invalid_child_type"),
        ("start", Start, "invalid_start"),
    ):
        if getattr(spec, name) not in get_args(kind):
            raise SpecError(tag, getattr(spec, name), f"must be one of {', '.join(get_args(kind))}", field=name)
    if spec.shutdown not in (None, "brutal_kill", "infinity") and not _seconds(spec.shutdown):
        message = "must be seconds >= 0, brutal_kill or infinity"
        raise SpecError("invalid_shutdown", spec.shutdown, message, field="shutdown")
    if not _seconds(spec.start_timeout) or spec.start_timeout == 0:
        raise SpecError("invalid_start_timeout", spec.start_timeout, "must be seconds > 0", field="start_timeout")
    if spec.watchdog is not None and (not _seconds(spec.watchdog) or spec.watchdog == 0):
        raise SpecError("invalid_watchdog", spec.watchdog, "must be seconds > 0", field="watchdog")
    if spec.name is not None and not isinstance(spec.name, Name):
        raise SpecError("invalid_name", spec.name, "must be a name such as a Via", field="name")
    if not isinstance(spec.node, bool):
        raise SpecError("invalid_node", spec.node, "must be true or false", field="node")
    if not isinstance(spec.significant, bool):
        raise SpecError("invalid_significant", spec.significant, "must be true or false", field="significant")
    if spec.significant and (spec.restart == "permanent" or auto_shutdown == "never"):
        value = (spec.restart, auto_shutdown)
        message = "a significant child is transient or temporary, under a supervisor with auto_shutdown"
        raise SpecError("bad_combination", value, message, field="significant")


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
