"""The closed set of what a root and a node tell each other. Values that pickle; each says which way it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from supervision.events import Event
from supervision.faults import Ruling
from supervision.node.options import Options
from supervision.reasons import Reason
from supervision.spec import ChildSpec
from supervision.tree import Row


@dataclass(frozen=True, slots=True)
class Boot:
    """To the node, once, first: who it is. `cargo` is a pickled `Cargo`, opened only when errors can be reported."""

    path: str
    incarnation: int
    log_level: int
    cargo: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cargo:
    """What the node is to run."""

    child: ChildSpec
    options: Options


@dataclass(frozen=True, slots=True)
class Ready:
    """To the root: the subtree serves."""


@dataclass(frozen=True, slots=True)
class Failed:
    """To the root: the subtree did not start, for this reason (`ignored` is no failure)."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Beat:
    """Both ways: still here."""


@dataclass(frozen=True, slots=True)
class StopNode:
    """To the node: stop the subtree in order, then exit."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Ended:
    """To the root, last: the topmost actor of the subtree ended with this reason."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Sample:
    """What a row reads from a running actor, as of the last look. `dynamic`: its children come and go."""

    system: int = 0
    user: int = 0
    handled: int = 0
    busy_since: float | None = None
    forgets_the_dead: bool = False
    suspended: bool = False

    def depth(self) -> tuple[int, int]:
        return self.system, self.user


@dataclass(frozen=True, slots=True)
class Rows:
    """To the root: how the tree inside has changed. `samples` replaces those of the paths it names."""

    changed: tuple[Row, ...] = ()
    gone: tuple[str, ...] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Zombies:
    """To the root: all abandoned incarnations inside, as the tree verb shows them."""

    zombies: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """To the root: an event of the tree inside."""

    event: Event


@dataclass(frozen=True, slots=True)
class Said:
    """To the root: a line of log."""

    logger: str
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """To the node: all facts of the root."""

    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rules:
    """To the node: all faults in force, and whether any are allowed."""

    rulings: tuple[Ruling, ...]
    enabled: bool


@dataclass(frozen=True, slots=True)
class Struck:
    """To the root: strikes by fault and path, as counted inside."""

    struck: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Ask:
    """To the node: carry out a verb of the operator on a path inside."""

    number: int
    verb: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """To the root: what came of an `Ask`; `error` is (text, title, status, field) or None."""

    number: int
    value: Any = None
    error: tuple[str, str, int, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """To the root: prometheus metric families by collector."""

    families: Mapping[str, tuple[Any, ...]]
