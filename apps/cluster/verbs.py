"""What can be asked about the cluster. Runs in a verb's own thread and waits for the other roots."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import Field

from actors.errors import Unavailable
from actors.rpc import Rpc, RpcError
from apps.cluster.identity import identity
from apps.cluster.member import WhoIsThere
from apps.cluster.service import tree_dict
from apps.cluster.signs import Seen
from apps.cluster.supervisor import MEMBER
from apps.contracts import roots_pb2 as messages
from supervision import operations
from supervision.verbs import NoParams, Params, Site, Verb

#: So many roots are asked at a time.
MAX_ASKED = 32


class TreeParams(Params):
    timeout_seconds: float = Field(2.0, gt=0, le=20.0, description="how long each root has to answer")


def tree(site: Site, params: TreeParams) -> dict[str, Any]:
    """All roots that gave a sign lately, each with its tree or with why there is none. Raises NoProc, CallTimeout."""
    seen: tuple[Seen, ...] = site.system.address(MEMBER).call(WhoIsThere())
    own = identity(site.settings.home)
    others = [one for one in seen if one.root.id != own.id]
    now = site.system.clock.time()
    roots = [_shown(own, now, operations.tree(site, NoParams()))]
    if others:
        rpc = Rpc(site.system)
        with ThreadPoolExecutor(min(MAX_ASKED, len(others))) as pool:
            roots += pool.map(lambda one: _ask(rpc, one, params.timeout_seconds), others)
    return {"at": now, "roots": sorted(roots, key=lambda root: (root["machine"], root["home"]))}


def _ask(rpc: Rpc, seen: Seen, timeout_seconds: float) -> dict[str, Any]:
    try:
        reply = rpc.call(f"roots.{seen.root.id}", "GetTree", messages.GetTreeRequest(), timeout_seconds)
    except (RpcError, Unavailable) as error:
        return _shown(seen.root, seen.last_sign_at, None, str(error))
    return _shown(reply.root, seen.last_sign_at, tree_dict(reply))


def _shown(
    root: messages.Root, last_sign_at: float, tree: dict[str, Any] | None, why: str | None = None
) -> dict[str, Any]:
    facts = {field.name: getattr(root, field.name) for field in messages.Root.DESCRIPTOR.fields}
    state = "missing" if tree is None else "there"
    return {**facts, "state": state, "why": why, "last_sign_at": last_sign_at, "tree": tree}


VERBS = (Verb("cluster.tree", TreeParams, tree, doc="The trees of all roots on this broker."),)
