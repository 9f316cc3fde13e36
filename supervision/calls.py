"""What can be asked of a supervisor, and how it says no. OTP's management calls as values; send them with `call`.

They are served inside the supervisor, between restarts; while it starts or stops a child they wait.
"""

from dataclasses import dataclass

from supervision.errors import Refusal
from supervision.spec import ChildSpec


@dataclass(frozen=True, slots=True)
class StartChild:
    """Add a child at the end of the order and start it. Answers its path, or None when it ignored."""

    spec: ChildSpec


@dataclass(frozen=True, slots=True)
class TerminateChild:
    """Stop a child, or cancel its restart; its spec stays unless it is temporary. Answers None."""

    id: str


@dataclass(frozen=True, slots=True)
class RestartChild:
    """Start a stopped (or parked) child again; costs no budget. Answers its path, or None when it ignored."""

    id: str


@dataclass(frozen=True, slots=True)
class DeleteChild:
    """Forget a stopped child. Answers None."""

    id: str


@dataclass(frozen=True, slots=True)
class WhichChildren:
    """Answers the tree rows of the children, newest first; the same can be read from the snapshot without asking."""


@dataclass(frozen=True, slots=True)
class GetChildSpec:
    """Answers the child's spec."""

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
    """The child did not start; the reason is in the text."""
