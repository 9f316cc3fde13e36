"""Nodes: a subtree in an operating-system process of its own, supervised like any other child.

Node.spec("node-1", Supervisor.spec("node-1", [...]))      # a child spec for any supervisor

The process is spawned, never forked. It gives what a thread cannot: a real kill, isolation from segfaults and memory
leaks, a core of its own. Actors tell each other things inside one node only; the link carries supervision, not work.
"""

from supervision.node.options import Options
from supervision.node.parent import Node

__all__ = ["Node", "Options"]
