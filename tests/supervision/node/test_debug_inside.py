"""Looking into an actor in a node, through the root: its state, what passes it, suspended or not."""

from typing import Any, cast

from supervision import ChildSpec
from supervision.operations import OPERATIONS
from supervision.testing import Running, running
from supervision.verbs import Site
from tests.supervision.node.inside import Echo, Subject, node
from tests.supervision.roots import eventually

ECHO = "/n/echo"


def verb(tree: Running, name: str, **params: Any) -> Any:
    (found,) = (verb for verb in OPERATIONS if verb.name == name)
    return found(Site(tree.system, cast(Any, None)), params)


def suspended(tree: Running) -> bool:
    row = tree.system.tree.get("/n/subject")
    return row is not None and bool(row.as_dict(0.0)["suspended"])


def test_an_actor_in_a_node_is_looked_into_like_a_local_one() -> None:
    with running(node(ChildSpec(id="subject", actor=Subject), ChildSpec(id="echo", actor=Echo))) as tree:
        shown = verb(tree, "state", path=ECHO)
        assert (shown["path"], shown["class"], shown["status"]) == (ECHO, "Echo", "running")
        verb(tree, "log", path="/n/subject", last=5)
        eventually(lambda: bool(verb(tree, "info", path="/n/subject")["instruments"]["events"]), "something passed")
        verb(tree, "statistics", path=ECHO, on=True)
        assert verb(tree, "info", path=ECHO)["instruments"]["statistics"]["messages_in"] == 0
        verb(tree, "suspend", path="/n/subject")
        eventually(lambda: suspended(tree), "suspended, as the root sees it")
        assert verb(tree, "state", path="/n/subject")["status"] == "suspended"
        verb(tree, "resume", path="/n/subject")
        eventually(lambda: not suspended(tree), "resumed")
