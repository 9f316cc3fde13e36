"""An operator's verb on a path inside a node is carried out there; on any other path, here. Any thread of the root."""

from dataclasses import replace
from typing import Any

from supervision.node.places import node_above
from supervision.verbs import Site, Verb


def routed(verb: Verb) -> Verb:
    """The same verb for the whole tree. Only verbs whose parameters have a `path` can be about another process."""
    if "path" not in verb.params.model_fields:
        return verb
    here = verb.run

    def run(site: Site, params: Any) -> Any:
        node = node_above(site.system, params.path)
        return here(site, params) if node is None else node.ask(verb.name, params.model_dump(mode="json"))

    return replace(verb, run=run, elsewhere=_elsewhere)


def _elsewhere(site: Site, params: Any) -> bool:
    return node_above(site.system, params.path) is not None
