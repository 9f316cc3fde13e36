"""`python -m tests.drills --people 100000`: a campaign through RabbitMQ and PostgreSQL while nodes are killed.

The servers are its own and gone afterwards. It ends with exit code 1, and says why, when somebody was skipped, somebody
has two mails who is not listed in doubt, or the books do not balance. Runs in the main thread of its own process.
"""

import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import click

from tests.drills.deaths import KILL_SECONDS, Figures, survive
from tests.drills.servers import site_on
from tests.servers.postgresql import empty_cluster, own_postgres
from tests.servers.rabbitmq import own_rabbit

SETTINGS = ("nodes.count=2", "email.senders=2", "database.health_timeout_seconds=10")
#: A machine that is slower than that, kills included, has another fault.
LEAST_MAILS_PER_SECOND = 25.0
PATIENCE_SECONDS = 100.0


def drill(people: int, every: float) -> Figures:
    """Raises AssertionError."""
    seconds = PATIENCE_SECONDS + people / LEAST_MAILS_PER_SECOND
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        broker = stack.enter_context(own_rabbit()).url
        server = stack.enter_context(own_postgres(stack.enter_context(empty_cluster())))
        database = server.url.render_as_string(hide_password=False)
        here = stack.enter_context(site_on(Path(folder) / "home", broker, database, *SETTINGS))
        figures = survive(here, people, 1, seconds, every)
        assert here.stop() == 0
        return figures


@click.command()
@click.option("--people", default=100_000, show_default=True, help="Whom the campaign is for.")
@click.option("--kill-seconds", default=KILL_SECONDS, show_default=True, help="From one kill -9 of a node to the next.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def main(people: int, kill_seconds: float, as_json: bool) -> None:
    """A campaign while its nodes are killed: everybody is accounted for, and who may have two mails is listed."""
    try:
        figures = asdict(drill(people, kill_seconds))
    except AssertionError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name.replace('_', ' '):12} {value:>12,}")


if __name__ == "__main__":
    main(prog_name="python -m tests.drills")
