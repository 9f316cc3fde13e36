"""The email app as far as events come in: intake and verbs over a real web server and broker, nobody deciding."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actors.broker.port import Waiting
from actors.broker.specs import engine_of
from apps.email import APP as EMAIL
from apps.email.cloudevents import Event, from_json
from apps.email.queues import DECIDING
from supervision.app import App
from supervision.config import check
from supervision.verbs import Site
from tests.actors.web.serving import Served, serving

#: The app without its actors, so that what was accepted stays in the queue to be looked at.
APP = App(
    name="email",
    config=EMAIL.config,
    tables=EMAIL.tables,
    queues=EMAIL.queues,
    routes=EMAIL.routes,
    verbs=EMAIL.verbs,
)
RECEIVING = f"{__name__}:APP"


@contextmanager
def receiving(home: Path, *apps: str, **console: Any) -> Iterator[Served]:
    """A server that takes events; `apps` run beside it."""
    with serving(home, [*apps, RECEIVING], **console) as web:
        yield web


def site(web: Served, *apps: str) -> Site:
    """What verbs are given, for the apps listed."""
    return Site(web.running.system, check({"apps": [*apps, RECEIVING]}, web.home, {}))


def waiting(home: Path) -> list[Waiting]:
    """The messages that wait for the decider, read past the running system."""
    settings = check({"apps": ["actors.broker", RECEIVING]}, home, {})
    return engine_of(settings).peek(DECIDING, 100, 65536)


def queued(home: Path) -> list[Event]:
    return [from_json(one.message.body) for one in waiting(home)]
