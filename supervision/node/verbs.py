"""The operator's verbs below a node: sent there by the root, carried out there. All are quick.

The node's main thread.
"""

from typing import Any, cast

from supervision.errors import RookeryError
from supervision.node.messages import Answer, Ask
from supervision.system import System
from supervision.verbs import Site


def answer(system: System, ask: Ask) -> Answer:
    """Carry it out; what it raises becomes part of the answer."""
    from supervision.operations import OPERATIONS  # which itself knows nodes

    verb = next((verb for verb in OPERATIONS if verb.name == ask.verb), None)
    if verb is None:
        return Answer(ask.number, error=(f"no verb {ask.verb!r}", "Unknown verb", 404, "verb"))
    try:
        return Answer(ask.number, verb(Site(system, cast(Any, None)), ask.params))
    except RookeryError as error:
        return Answer(ask.number, error=(str(error), error.title, error.status, error.field))
    except Exception as error:
        return Answer(ask.number, error=(repr(error), RookeryError.title, 500, None))
