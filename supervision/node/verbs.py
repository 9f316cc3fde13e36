"""Verbs on paths below a node, the operator's and those of apps: sent there by the root, carried out there.

Quick ones in the node's main thread, all others in a short-lived thread of their own, as in the root.
"""

import itertools
import threading
from collections.abc import Callable

from supervision.errors import RookeryError
from supervision.node.messages import Answer, Ask
from supervision.verbs import Site, Verb


def answer(site: Site, ask: Ask, send: Callable[[Answer], None]) -> None:
    """Carry it out and send what came of it, now or soon."""
    verb = _find(site, ask.verb)
    if verb is None:
        send(Answer(ask.number, error=(f"no verb {ask.verb!r}", "Unknown verb", 404, "verb")))
    elif verb.quick:
        send(_carried_out(verb, site, ask))
    else:
        threading.Thread(
            target=lambda known: send(_carried_out(known, site, ask)), args=(verb,), name=verb.name, daemon=True
        ).start()


def _find(site: Site, name: str) -> Verb | None:
    from supervision.operations import OPERATIONS  # which itself knows nodes

    apps = site.settings.apps if site.settings is not None else ()
    verbs = itertools.chain(OPERATIONS, *(app.load("verbs") or () for app in apps))
    return next((verb for verb in verbs if verb.name == name), None)


def _carried_out(verb: Verb, site: Site, ask: Ask) -> Answer:
    try:
        return Answer(ask.number, verb(site, ask.params))
    except RookeryError as error:
        return Answer(ask.number, error=(str(error), error.title, error.status, error.field))
    except Exception as error:
        return Answer(ask.number, error=(repr(error), RookeryError.title, 500, None))
