"""`rookery database ...`: on the configured database itself, whether or not a root runs. The command's own process.

A root that was started with `--set database.url=...` has another one: these commands take the same options.
"""

from pathlib import Path
from typing import Any

import click

from supervision.cli import config_option, default_config, set_option
from supervision.config import Settings
from supervision.options import home_option, json_option, print_json


@click.group()
def database() -> None:
    """The database: where its tables stand, and bringing them to this release."""


def _settings(config_path: Path | None, home: Path, assignments: tuple[str, ...]) -> Settings:
    from supervision import config

    return config.load(config_path or default_config(), home, assignments)


def _which(settings: Settings) -> str:
    from actors.database.engine import shown

    return shown(settings.section("database").resolved(settings.home))


@database.command()
@config_option
@set_option
@home_option
@json_option
def status(config_path: Path | None, assignments: tuple[str, ...], home: Path, as_json: bool) -> None:
    """Show per app which migration the database is at, and what is pending."""
    from actors.database.migration.status import read_standing

    settings = _settings(config_path, home, assignments)
    rows = read_standing(settings)
    if as_json:
        print_json(rows)
        return
    click.echo(_which(settings))
    for row in rows:
        todo = ", ".join(row["pending"])
        click.echo(f"{row['app']:<12} at {row['at'] or 'nothing'}, " + (f"pending: {todo}" if todo else "up to date"))


@database.command()
@config_option
@set_option
@home_option
@json_option
def migrate(config_path: Path | None, assignments: tuple[str, ...], home: Path, as_json: bool) -> None:
    """Run what is pending now, with all the time it needs.

    A root does it by itself when it starts, within seconds; use this before starting one, when a table is large.
    """
    from actors.database.migration.status import migrate_now

    steps = migrate_now(_settings(config_path, home, assignments))
    rows: list[dict[str, Any]] = [{"app": step.app, "revision": step.revision, "doc": step.doc} for step in steps]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['app']:<12} {row['revision']} {row['doc']}")
    click.echo(f"{len(rows)} migrations run" if rows else "nothing to do")


@database.command()
@config_option
@set_option
@home_option
@json_option
def history(config_path: Path | None, assignments: tuple[str, ...], home: Path, as_json: bool) -> None:
    """Show every migration of every app, and whether it was run."""
    from actors.database.migration.status import read_history

    settings = _settings(config_path, home, assignments)
    rows = read_history(settings)
    if as_json:
        print_json(rows)
        return
    click.echo(_which(settings))
    for row in rows:
        click.echo(f"{row['app']:<12} {row['revision']} {row['state']:<8} {row['doc']}")
