"""A web server that really runs, on a free port, over a small tree; and an app record for it to serve."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter
from pydantic import Field

from actors.web import token
from supervision import Actor, ChildSpec
from supervision.app import App
from supervision.config import check
from supervision.errors import Refusal
from supervision.events import ChildStarted
from supervision.testing import Running, running
from supervision.tree import State
from supervision.verbs import Params, Probe, Site, Verb

PATIENCE_SECONDS = 10.0


class Echo(Actor):
    """A child to look at, to restart and to crash."""

    def on_receive(self, message: Any) -> Any:
        return message


@dataclass(frozen=True)
class Served:
    """A running web server."""

    running: Running
    home: Path
    client: httpx.Client

    @property
    def url(self) -> str:
        return self.running.system.facts["web.url"]

    @property
    def token(self) -> str:
        return token.load(self.home)

    @property
    def operator(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def row(self, path: str) -> Any:
        row = self.running.system.tree.get(path)
        assert row is not None
        return row

    def restarted(self, path: str, after: int) -> int:
        """Wait until `path` runs in an incarnation later than `after`; which one."""
        events = self.running.events
        return events.expect(ChildStarted, lambda event: event.path == path and event.incarnation > after).incarnation


@contextmanager
def serving(
    home: Path, apps: Sequence[str] = (), children: Sequence[ChildSpec] = (), **console: Any
) -> Iterator[Served]:
    """The web server with further apps, under a root of its own; stopped and checked for leftovers afterwards.

    All of it runs: what does not hold the boot, such as the database's pool, is waited for as well.
    """
    raw = {"apps": [*apps, "actors.web"], "console": {"port": 0, **console}}
    settings = check(raw, home, {})
    supervisors = [app.load("supervisor")(settings) for app in settings.apps if app.supervisor]
    with running(ChildSpec(id="echo", actor=Echo), *children, *supervisors) as system:
        everybody_runs(system)
        url = system.system.facts["web.url"]
        with httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False) as client:
            yield Served(system, home, client)


def everybody_runs(running: Running, timeout: float = 3 * PATIENCE_SECONDS) -> None:
    """Wait until every child is there. A child that starts is in the tree before the event says so."""
    changed = threading.Event()
    unsubscribe = running.system.events.subscribe(lambda event: changed.set())
    try:
        while missing := [row.path for row in running.system.tree.rows() if row.state is not State.RUNNING]:
            assert changed.wait(timeout), f"not running within {timeout:g} s: {', '.join(missing)}"
            changed.clear()
    finally:
        unsubscribe()


# --- an app as the web server sees it ---------------------------------------------------------------------------------

RELEASE = threading.Event()
BLOCKED = threading.Event()


class Greeting(Params):
    name: str
    times: int = Field(1, ge=1, le=3)


class NotToday(Refusal):
    status = 409


def greet(site: Site, params: Greeting) -> dict[str, Any]:
    return {"said": [f"hello {params.name}"] * params.times}


def refuse(site: Site, params: Greeting) -> None:
    raise NotToday("not today", field="name")


def break_down(site: Site, params: Greeting) -> None:
    raise ZeroDivisionError("the secret is zzyzx")


def hang(site: Site, params: Greeting) -> str:
    RELEASE.wait(PATIENCE_SECONDS)
    return "released"


VERBS = (
    Verb("sample.greet", Greeting, greet, doc="Say hello."),
    Verb("sample.write", Greeting, greet, writes=True),
    Verb("sample.refuse", Greeting, refuse, writes=True),
    Verb("sample.break", Greeting, break_down),
    Verb("sample.hang", Greeting, hang),
)


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.post("/sample")
    async def sample(greeting: Greeting) -> dict[str, str]:
        return {"name": greeting.name}

    @router.get("/block")
    async def block() -> None:
        """What a route may never do: wait on the event loop itself."""
        BLOCKED.set()
        RELEASE.wait(4 * PATIENCE_SECONDS)

    return router


def probes(site: Site) -> list[Probe]:
    return [
        Probe("fine", lambda: None),
        Probe("database", lambda: site.system.facts.get("database")),
        Probe("broken", lambda: str(1 // int(site.system.facts.get("divisor", "1")))[1:] or None),
    ]


APP = App(
    name="sample",
    verbs=f"{__name__}:VERBS",
    routes=f"{__name__}:routes",
    probes=f"{__name__}:probes",
)
SAMPLE = f"{__name__}:APP"
