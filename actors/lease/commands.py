"""`rookery lease ...`: who does what only one may do. In the command's process, beside the root's. Light to import."""

from pathlib import Path

import click

from supervision.control import client
from supervision.options import home_option, json_option, print_json


@click.group()
def lease() -> None:
    """Leases: one holder per name over all nodes and machines."""


@lease.command("list")
@json_option
@home_option
def list_leases(as_json: bool, home: Path) -> None:
    """Show every lease, its holder and its epoch."""
    rows = client(home).call("lease.list")
    if as_json:
        print_json(rows)
        return
    for row in rows:
        held = f"{row['holder']}, {row['seconds_left']:.1f} s left" if row["holder"] else "free"
        click.echo(f"{row['name']:<24} epoch {row['epoch']:<6} {held}")
    if not rows:
        click.echo("no leases yet")
