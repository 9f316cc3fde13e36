"""The operator's verbs below a node: sent there by the root, carried out there.

Quick ones in the node's main thread, all others in a short-lived thread of their own, as in the root.
"""

import threading
from collections.abc import Callable
from typing import Any, cast

from supervision.errors import RookeryError
from supervision.node.messages import Answer, Ask
from supervision.system import System
from supervision.verbs import Site, Verb


def answer(system: System, ask: Ask, send: Callable[[Answer], None]) -> None:
    """Carry it out and send what came of it, now or soon."""
    from supervision.operations import OPERATIONS  # which itself knows nodes

    verb = next((verb for verb in OPERATIONS if verb.name == ask.verb), None)
    if verb is None:
        send(Answer(ask.number, error=(f"no verb {ask.verb!r}", "Unknown verb", 404, "verb")))
    elif verb.quick:
        send(_carried_out(verb, system, ask))
    else:
        threading.Thread(
            target=lambda known: send(_carried_out(known, system, ask)), args=(verb,), name=verb.name, daemon=True
        ).start()


def _carried_out(verb: Verb, system: System, ask: Ask) -> Answer:
    try:
        return Answer(ask.number, verb(Site(system, cast(Any, None)), ask.params))
    except RookeryError as error:
        return Answer(ask.number, error=(str(error), error.title, error.status, error.field))
    except Exception as error:
        return Answer(ask.number, error=(repr(error), RookeryError.title, 500, None))
