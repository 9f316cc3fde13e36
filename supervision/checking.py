"""`rookery check`: shows the tree that would start and tries the connections it would need. Starts no actor."""

import click

from supervision.composition import root_spec, specs
from supervision.config import Settings
from supervision.errors import RookeryError
from supervision.spec import ChildSpec
from supervision.verbs import Probe, collect


class Unreachable(RookeryError):
    """Something the system would need is not there."""

    title = "Not reachable"


def show_specs(settings: Settings) -> None:
    """Print every child that is known beforehand, with what is promised about it. Raises ConfigError, SpecError."""
    collect(settings)
    found = list(specs(root_spec(settings)))
    click.echo(f"tree: {len(found)} children")
    for path, spec in found:
        click.echo(f"  {path:<48} {_promise(spec)}")


def check_connections(settings: Settings) -> None:
    """Try each connection that an app names. Raises Unreachable with one line per failure."""
    failures = []
    for app in settings.apps:
        make = app.load("connections")
        for probe in make(settings) if make else ():
            reason = _try(probe)
            click.echo(f"connection: {app.name}: {probe.name}: {reason or probe.fine}")
            if reason:
                failures.append(f"{probe.name}: {reason}")
    if failures:
        raise Unreachable("\n".join(failures))


def _promise(spec: ChildSpec) -> str:
    backoff = "" if spec.effective_backoff is None else f", backoff <= {spec.effective_backoff.max_seconds:g} s"
    return f"{spec.type}, {spec.restart}, {spec.start}{backoff}"


def _try(probe: Probe) -> str | None:
    try:
        return probe.check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
