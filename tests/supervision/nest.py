"""Small apps for the tests of the root process: each an `App` record over actors that behave in one particular way."""

import ctypes
import threading
from pathlib import Path
from typing import Any

import click
from pydantic import Field

from supervision import Actor, ChildSpec, Reason, Supervisor
from supervision.app import App
from supervision.config import Section, Settings
from supervision.errors import ConfigError
from supervision.options import home_option
from supervision.verbs import Params, Probe, Site, Verb

HERE = "tests.supervision.nest"


class NestConfig(Section):
    eggs: int = Field(2, ge=1)
    owner: str = ""


class Bird(Actor):
    """Does nothing, forever."""

    def on_receive(self, message: Any) -> Any:
        return message


class Singer(Bird):
    """Announces an address and leaves a token, as a web server does."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    def on_start(self) -> None:
        (self.settings.home / "token").write_text("s0ng\n")
        self.context.system.facts["web.url"] = "http://127.0.0.1:4711"


class Stubborn(Bird):
    """Never comes back from the message in hand, and no breaker helps."""

    def on_start(self) -> None:
        self.send_after(0.0, "sit")

    def on_receive(self, message: Any) -> Any:
        threading.Event().wait(3600)


class Spinner(Stubborn):
    """Computes for ever."""

    def on_receive(self, message: Any) -> Any:
        while True:
            pass


class Deaf(Stubborn):
    """In a C call that nothing interrupts."""

    def on_receive(self, message: Any) -> Any:
        ctypes.CDLL(None).sleep(3600)


class Slow(Bird):
    """Takes its time to end, in order."""

    def terminate(self, reason: Reason) -> None:
        threading.Event().wait(2.0)


class Late(Bird):
    """Is not up before a second has passed."""

    def on_start(self) -> None:
        threading.Event().wait(1.0)


class Fragile(Bird):
    """Falls out of the nest as soon as it is in."""

    def on_start(self) -> None:
        self.send_after(0.0, "fall")

    def on_receive(self, message: Any) -> Any:
        raise ValueError("fell out of the nest")


class Unborn(Bird):
    def on_start(self) -> None:
        raise OSError("the egg is empty")


class Misplaced(Bird):
    def on_start(self) -> None:
        raise ConfigError("nest.place: there is no such tree")


class Echo(Params):
    text: str


class Hold(Params):
    seconds: float


class Ask(Params):
    timeout_seconds: float


def echo(site: Site, params: Echo) -> dict[str, Any]:
    return {"text": params.text, "eggs": site.settings.section("nest").eggs}


def hold(site: Site, params: Hold) -> str:
    threading.Event().wait(params.seconds)
    return "held"


def ask(site: Site, params: Ask) -> Any:
    return site.system.address("/nest/bird").call("question", timeout=params.timeout_seconds)


VERBS = (Verb("nest.echo", Echo, echo), Verb("nest.hold", Hold, hold), Verb("nest.ask", Ask, ask))


def nest(settings: Settings) -> ChildSpec:
    return Supervisor.spec("nest", [ChildSpec(id="bird", actor=Bird), ChildSpec(id="other", actor=Bird)])


def singer(settings: Settings) -> ChildSpec:
    return ChildSpec(id="singer", actor=Singer, args=(settings,))


def stubborn(settings: Settings) -> ChildSpec:
    return ChildSpec(id="stubborn", actor=Stubborn, shutdown=0.2)


def hardheaded(settings: Settings) -> ChildSpec:
    actors = {"stubborn": Stubborn, "spinner": Spinner, "deaf": Deaf}
    return Supervisor.spec("hardheaded", [ChildSpec(id=id, actor=actor, shutdown=0.2) for id, actor in actors.items()])


def endless(settings: Settings) -> ChildSpec:
    return ChildSpec(id="endless", actor=Stubborn, shutdown="infinity")


def slow(settings: Settings) -> ChildSpec:
    return ChildSpec(id="slow", actor=Slow)


def late(settings: Settings) -> ChildSpec:
    return ChildSpec(id="late", actor=Late)


def fragile(settings: Settings) -> ChildSpec:
    return ChildSpec(id="fragile", actor=Fragile)


def unborn(settings: Settings) -> ChildSpec:
    return ChildSpec(id="unborn", actor=Unborn)


def misplaced(settings: Settings) -> ChildSpec:
    return Supervisor.spec("misplaced", [ChildSpec(id="bird", actor=Misplaced)])


def no_spec(settings: Settings) -> str:
    return "a twig"


def connections(settings: Settings) -> tuple[Probe, ...]:
    owner = settings.section("nest").owner
    return (Probe("tree", lambda: None), Probe("owner", lambda: None if owner else "nobody answers"))


@click.command()
@home_option
def call(home: Path) -> None:
    click.echo(f"calling {home}")


NEST = App("nest", config=f"{HERE}:NestConfig", supervisor=f"{HERE}:nest", verbs=f"{HERE}:VERBS")
REACHING = App("nest", config=f"{HERE}:NestConfig", supervisor=f"{HERE}:nest", connections=f"{HERE}:connections")
SINGER = App("singer", supervisor=f"{HERE}:singer")
STUBBORN = App("stubborn", supervisor=f"{HERE}:stubborn")
HARDHEADED = App("hardheaded", supervisor=f"{HERE}:hardheaded")
ENDLESS = App("endless", supervisor=f"{HERE}:endless")
SLOW = App("slow", supervisor=f"{HERE}:slow")
LATE = App("late", supervisor=f"{HERE}:late")
FRAGILE = App("fragile", supervisor=f"{HERE}:fragile")
UNBORN = App("unborn", supervisor=f"{HERE}:unborn")
MISPLACED = App("misplaced", supervisor=f"{HERE}:misplaced")
NO_SPEC = App("nospec", supervisor=f"{HERE}:no_spec")
CALLER = App("caller", commands=f"{HERE}:call")
COPYCAT = App("copycat", verbs=f"{HERE}:VERBS")
