"""`rookery rpc`: services on a terminal. Lists methods by itself; calls go through the running root."""

import json
from pathlib import Path
from typing import Any

import click

from supervision.control import client
from supervision.options import home_option, print_json

#: How much longer than the call's own deadline the root may take.
MARGIN_SECONDS = 5.0


@click.command()
@click.argument("service", required=False)
@click.argument("method", required=False)
@click.option("--json", "request", default="{}", metavar="OBJECT", help="The request in protobuf's JSON form.")
@click.option("--timeout", "timeout_seconds", default=5.0, show_default=True, help="Seconds to wait for the reply.")
@click.option("--list", "listing", is_flag=True, help="Show all services, and whether somebody serves them.")
@home_option
def rpc(
    service: str | None, method: str | None, request: str, timeout_seconds: float, listing: bool, home: Path
) -> None:
    """Call METHOD of SERVICE on whichever root serves it, and print the reply as JSON.

    Without METHOD: show the service's methods with the fields of their requests. Exit codes: 69 nobody serves it (it
    was not run), 75 no reply in time (it may have run), else the service's own error.
    """
    if listing or service is None:
        for name, state in client(home).call("rpc.services").items():
            click.echo(f"{name:<12} {state}")
    elif method is None:
        _print_methods(service)
    else:
        params = {"service": service, "method": method, "request": _parse(request), "timeout_seconds": timeout_seconds}
        print_json(client(home).call("rpc.call", timeout=timeout_seconds + MARGIN_SECONDS, **params))


def _parse(request: str) -> dict[str, Any]:
    try:
        parsed = json.loads(request)
    except ValueError as error:
        raise click.BadParameter(f"not valid JSON: {error}", param_hint="--json") from error
    if not isinstance(parsed, dict):
        raise click.BadParameter("must be a JSON object", param_hint="--json")
    return parsed


def _print_methods(service: str) -> None:
    from actors.rpc.contract import may_run_twice
    from apps.contracts.services import contract_of, fields_of

    for method in contract_of(service).methods:
        note = "" if may_run_twice(method) else "  (never run twice)"
        click.echo(f"{method.name} -> {method.output_type.name}{note}")
        for name, kind in fields_of(method.input_type):
            click.echo(f"    {name}: {kind}")
