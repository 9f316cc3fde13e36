"""The command `rookery`: the root's own commands here, those of the apps from their records.

A running root is reached over its control socket. Whatever is heavy is imported by the command that needs it. Every
RookeryError becomes one message on standard error and its own exit code; a traceback is always a bug.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from supervision.app import load_app
from supervision.errors import ConfigError, RookeryError
from supervision.options import home_option

CONFIG_NAME = "config.yaml"
COMMANDS_KEY = "rookery.app_commands"


class Rookery(click.Group):
    """The group of all commands; apps' commands are found when they are asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *_app_commands(context)})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        return super().get_command(context, name) or _app_commands(context).get(name)

    def invoke(self, context: click.Context) -> Any:
        """Errors meant for people leave as such."""
        try:
            return super().invoke(context)
        except RookeryError as error:
            click.echo(describe(error), err=True)
            context.exit(error.exit_code)


def describe(error: RookeryError) -> str:
    """What, where, what to do. Faults of a configuration stand on their own lines, each with its place."""
    text = str(error)
    if isinstance(error, ConfigError) or "\n" in text:
        return text
    named = error.field is None or error.field in text
    return f"{error.title}: {text}" if named else f"{error.title}: {error.field}: {text}"


@click.group(cls=Rookery, context_settings={"help_option_names": ["-h", "--help"]})
@home_option
@click.version_option(package_name="rookery", prog_name="rookery")
def main(home: Path) -> None:
    """Rookery: an email dispatcher and SMS hub as supervised actors."""


config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help=f"Read this file. [default: {CONFIG_NAME} of the working directory, if there is one]",
)
set_option = click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a key.")


@main.command()
@config_option
@set_option
@home_option
def run(config_path: Path | None, assignments: tuple[str, ...], home: Path) -> None:
    """Start the root in the foreground.

    Prints `ready URL` once everything that is required is up. SIGTERM and SIGINT stop it in order, a second one at
    once; SIGHUP checks the configuration again; SIGUSR1 writes the stacks of all threads to the log.
    """
    from supervision import config, root

    path = config_path or default_config()

    def read() -> config.Settings:
        return config.load(path, home, assignments)

    code = root.run(read(), read)
    root.exit_process(code)
    sys.exit(code)


@main.command()
@config_option
@set_option
@home_option
def check(config_path: Path | None, assignments: tuple[str, ...], home: Path) -> None:
    """Check configuration, tree and connections without starting anything."""
    from supervision import config
    from supervision.checking import check_connections, show_specs

    settings = config.load(config_path or default_config(), home, assignments)
    click.echo(f"configuration: {len(settings.apps)} apps, no fault")
    show_specs(settings)
    check_connections(settings)


def default_config() -> Path | None:
    path = Path(CONFIG_NAME)
    return path if path.exists() else None


def _app_commands(context: click.Context) -> dict[str, click.Command]:
    """The commands of the listed apps, loaded once. An app that cannot be loaded has none."""
    commands: dict[str, click.Command] | None = context.meta.get(COMMANDS_KEY)
    if commands is None:
        commands = context.meta[COMMANDS_KEY] = _load_app_commands()
    return commands


def _load_app_commands() -> dict[str, click.Command]:
    commands: dict[str, click.Command] = {}
    for package in _listed_apps():
        try:
            found = load_app(package).load("commands")
        except ConfigError as error:
            click.echo(f"warning: {package}: {error}", err=True)
            continue
        for command in _as_sequence(found):
            commands[str(command.name)] = command
    return commands


def _listed_apps() -> Iterable[str]:
    from supervision.config import DEFAULT_APPS, read

    try:
        apps = read(default_config()).get("apps", DEFAULT_APPS)
    except ConfigError:
        return DEFAULT_APPS
    return [app for app in apps if isinstance(app, str)] if isinstance(apps, list | tuple) else DEFAULT_APPS


def _as_sequence(found: Any) -> Iterable[click.Command]:
    if found is None:
        return ()
    return (found,) if isinstance(found, click.Command) else tuple(found)


def _attach_own_commands() -> None:
    from supervision.commands import COMMANDS

    for command in COMMANDS:
        main.add_command(command)


_attach_own_commands()
