"""What can be asked of a running root. A verb is declared once and has two doors: the control socket and the HTTP API.

`run` is called in a short-lived thread of its own, or, for a `quick` verb, in the thread that serves the door; a quick
verb only reads snapshots and sends messages, so it answers while every actor hangs. This module itself only looks up.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from supervision.config import Settings
from supervision.errors import ConfigError, RookeryError
from supervision.system import System
from supervision.validation import faults_of


class UnknownVerb(RookeryError):
    """Nothing of that name can be asked of this root."""

    title = "Unknown verb"
    status = 404


class WrongParams(RookeryError):
    """The parameters of a verb do not fit; `field` names the first that does not, the message all of them."""

    title = "Wrong parameters"
    status = 422


class Params(BaseModel):
    """Base of a verb's parameters: unknown names are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParams(Params):
    """For verbs that take none."""


@dataclass(frozen=True, slots=True)
class Site:
    """What verbs, routes, pages, probes and metrics are given: the running system and its settings."""

    system: System
    settings: Settings


@dataclass(frozen=True, slots=True)
class Probe:
    """One connection an app depends on. `check` returns None when it works, else the reason; it must end by itself.

    `fine` is what `rookery check` says when there is no reason.
    """

    name: str
    check: Callable[[], str | None]
    fine: str = "reachable"


@dataclass(frozen=True, slots=True)
class Verb:
    """One question or order.

    Attributes:
        name: dotted, the app first, as in `email.outbox`.
        params: the pydantic model of its parameters.
        run: callable(site, params) -> anything JSON can carry. Raises RookeryError for what a person must read.
        writes: it changes something (POST over HTTP; GET otherwise).
        doc: one sentence.
        quick: it never waits for anything.
        elsewhere: callable(site, params) -> whether this time it is carried out in another process, and waits for that.
    """

    name: str
    params: type[BaseModel]
    run: Callable[[Site, Any], Any]
    writes: bool = False
    doc: str = ""
    quick: bool = False
    elsewhere: Callable[[Site, Any], bool] | None = None

    def is_quick(self, site: Site, params: BaseModel) -> bool:
        """Whether it waits for nothing, with these parameters."""
        return self.quick and not (self.elsewhere and self.elsewhere(site, params))

    def parse(self, params: Mapping[str, Any]) -> BaseModel:
        """Check the parameters. Raises WrongParams, one line per fault."""
        try:
            return self.params.model_validate(dict(params))
        except ValidationError as error:
            faults = faults_of(error, self.params)
            field = faults[0].partition(": ")[0]
            raise WrongParams("\n".join(faults), field=field) from error

    def __call__(self, site: Site, params: Mapping[str, Any]) -> Any:
        """Check and run. Raises WrongParams, or what `run` raises."""
        return self.run(site, self.parse(params))


class Verbs:
    """All verbs of one root, by name."""

    def __init__(self, verbs: Iterable[Verb]) -> None:
        self._verbs: dict[str, Verb] = {}
        for verb in verbs:
            if verb.name in self._verbs:
                raise ConfigError(f"two apps declare the verb {verb.name}")
            self._verbs[verb.name] = verb

    def __iter__(self) -> Iterator[Verb]:
        return iter(self._verbs.values())

    def find(self, name: str) -> Verb:
        """Raises UnknownVerb."""
        try:
            return self._verbs[name]
        except KeyError:
            raise UnknownVerb(f"no verb {name!r}", field="verb") from None


def collect(settings: Settings) -> Verbs:
    """The operator's verbs and those of every app. Raises ConfigError when two have the same name."""
    from supervision.operations import OPERATIONS

    verbs = list(OPERATIONS)
    for app in settings.apps:
        verbs += app.load("verbs") or ()
    return Verbs(verbs)
