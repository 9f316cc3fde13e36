"""An operator's verb on a path inside a node is carried out there; on any other path, here. Any thread of the root."""

from dataclasses import replace
from typing import Any

from supervision.node.places import node_above
from supervision.verbs import Site, Verb

#: Seconds a node has to answer, beside what the verb itself allows.
LINK_SECONDS = 2.0


def routed(verb: Verb) -> Verb:
    """The same verb for the whole tree. Only verbs whose parameters have a `path` can be about another process."""
    if "path" not in verb.params.model_fields:
        return verb
    here = verb.run

    def run(site: Site, params: Any) -> Any:
        node = node_above(site.system, params.path)
        if node is None:
            return here(site, params)
        own_seconds = getattr(params, "timeout_seconds", 0.0)
        return node.ask(verb.name, params.model_dump(mode="json"), LINK_SECONDS + own_seconds)

    return replace(verb, run=run, elsewhere=_elsewhere)


def _elsewhere(site: Site, params: Any) -> bool:
    return node_above(site.system, params.path) is not None
