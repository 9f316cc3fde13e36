"""What can be set about a node. Values only."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How one node is watched, and what it is given besides its subtree.

    Attributes:
        heartbeat_seconds: pause between two signs of life, both ways.
        timeout_seconds: silence after which the node is killed.
        orphan_seconds: silence after which the node believes its root to be gone although the link stands: the root may
            only be paused. A node that is itself stuck for twice as long is ended by the kernel.
        shutdown_seconds: what the node itself allows for the orderly stop of its subtree when its root is gone.
        start_timeout_seconds: how long the process and its subtree may take until they serve.
        memory_limit_bytes: resident memory past which it is killed; None for no limit.
        max_zombies: abandoned threads tolerated inside, past which it exits 75 for a clean start.
        collectors: `"module:attribute"` of callables(site) -> prometheus collector, sampled in the node.
        settings: what those collectors find as `site.settings`; it travels to the node, so it must pickle.
    """

    heartbeat_seconds: float = 1.0
    timeout_seconds: float = 5.0
    orphan_seconds: float = 60.0
    shutdown_seconds: float = 10.0
    start_timeout_seconds: float = 30.0
    memory_limit_bytes: int | None = None
    max_zombies: int = 10
    collectors: tuple[str, ...] = ()
    settings: Any = None
