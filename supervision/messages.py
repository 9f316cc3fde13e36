"""The closed set of control messages between supervisors and actors. They use the system lane and overtake work."""

from dataclasses import dataclass
from typing import Any

from supervision.reasons import Reason


@dataclass(frozen=True, slots=True)
class Started:
    """To the supervisor: `on_start` returned (with `info`), the child is registered and serves messages."""

    path: str
    incarnation: int
    info: Any = None


@dataclass(frozen=True, slots=True)
class Down:
    """To the supervisor and to each monitor, exactly once per incarnation, as the last thing its thread does."""

    path: str
    incarnation: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class StopRequest:
    """To an actor: end with `reason` after the message in hand."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class FaultsChanged:
    """To an actor: look at the fault rules again; if `added` applies here and is due at once, it strikes now."""

    added: int | None


@dataclass(frozen=True, slots=True)
class Suspend:
    """To an actor: serve only the system lane until `Resume`. Twice is once."""


@dataclass(frozen=True, slots=True)
class Resume:
    """To an actor: serve the user lane again."""
