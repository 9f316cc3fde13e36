"""What can be asked of a supervisor, and how it says no. OTP's management calls as values; send them with `call`.

They are served inside the supervisor, between restarts; while it starts or stops a child they wait.
"""

from dataclasses import dataclass

from supervision.errors import Refusal
from supervision.reasons import Reason
from supervision.spec import ChildSpec, check_childspec


@dataclass(frozen=True, slots=True)
class StartChild:
    """Add a child at the end of the order and start it. Raises SpecError already when it is made.

    Answers its path; `(path, info)` when its `on_start` returned something; None when it ignored. A dynamic supervisor
    that is full lets the request wait in line for up to `wait` seconds; the call needs a longer timeout then.
    """

    spec: ChildSpec
    wait: float = 0.0

    def __post_init__(self) -> None:
        check_childspec(self.spec)


@dataclass(frozen=True, slots=True)
class TerminateChild:
    """Stop a child, or cancel its restart; its spec stays unless it is temporary. Answers None."""

    id: str


@dataclass(frozen=True, slots=True)
class RestartChild:
    """Start a stopped (or parked) child again; costs no budget. Answers as `StartChild` does."""

    id: str


@dataclass(frozen=True, slots=True)
class DeleteChild:
    """Forget a stopped child. Answers None."""

    id: str


@dataclass(frozen=True, slots=True)
class WhichChildren:
    """Answers the tree rows of the children, newest first; the same can be read from the snapshot without asking."""


@dataclass(frozen=True, slots=True)
class WhichChild:
    """Answers the tree row of one child."""

    id: str


@dataclass(frozen=True, slots=True)
class CountChildren:
    """Answers `ChildCounts`."""


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """`specs` known, `active` of them alive now; `supervisors` and `workers` by type, alive or not."""

    specs: int
    active: int
    supervisors: int
    workers: int


@dataclass(frozen=True, slots=True)
class GetChildSpec:
    """Answers the child's spec, defaults filled in. Of a temporary child added by call the arguments are gone."""

    id: str


class NotFound(Refusal):
    """No child has that id."""

    status = 404


class AlreadyStarted(Refusal):
    """A child with that id runs."""


class AlreadyPresent(Refusal):
    """A child with that id is known, but does not run; `RestartChild` starts it."""


class Running(Refusal):
    """The child runs; stop it first."""


class Restarting(Refusal):
    """The child waits for its next start; terminate it first."""


class NotStarted(Refusal):
    """The child did not start; `reason` is its true ending, `spec` what was tried."""

    def __init__(self, message: str, *, reason: Reason, spec: ChildSpec) -> None:
        super().__init__(message)
        self.reason = reason
        self.spec = spec
