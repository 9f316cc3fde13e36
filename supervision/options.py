"""The options that commands share, for the root's own commands and those of the apps. Light to import.

@click.command()
@home_option
@json_option
def outbox(home: Path, as_json: bool) -> None: ...
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_HOME = "var"
HOME_VARIABLE = "ROOKERY_HOME"


def home_option(command: F) -> F:
    """`--home DIR`, before or after the subcommand; the command gets `home: Path`."""
    return click.option(
        "--home",
        metavar="DIR",
        callback=_home,
        help=f"Where the root lives. [env {HOME_VARIABLE}; default {DEFAULT_HOME}]",
    )(command)


def json_option(command: F) -> F:
    """`--json`; the command gets `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: Any) -> None:
    """One JSON document on standard output, readable scripts as they are."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _home(context: click.Context, parameter: click.Parameter, value: str | Path | None) -> Path:
    """What was given here, else before the subcommand, else in the environment."""
    if value is not None:
        return Path(value)
    if context.parent is not None:
        outer = context.find_root().params.get("home")
        if outer is not None:
            return Path(outer)
    return Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)
