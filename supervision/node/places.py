"""Which node a path of the root's tree is in. Any thread of the root."""

from supervision.node.parent import Node
from supervision.system import System


def node_above(system: System, path: str) -> Node | None:
    """The running node that `path` is inside of; None for what is in this process, the node itself included."""
    above = path.rpartition("/")[0]
    while above:
        actor = system.registry.running(above)
        if isinstance(actor, Node):
            return actor
        above = above.rpartition("/")[0]
    return None


def nodes(system: System) -> list[Node]:
    """All nodes that run."""
    return [actor for actor in system.registry.all() if isinstance(actor, Node)]
