"""Two roots on one RabbitMQ and one PostgreSQL hand texts over in turns: `python -m tests.drills.machines`.

Whoever holds `sms.outbound` is killed with -9, with its nodes, and its root is started again, a few times on the way;
then everything is counted. The servers are its own and gone afterwards. It ends with exit code 1, and says why, when a
text was lost or came twice, when the carrier's watcher saw a window too full, or when the logs of both machines do not
prove every limit. Utilisation is that of each limit between two take-overs, over the stretches of ten windows that one
holder had, as `verify-limits` counts it.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import click

from actors.carrier.simulated import phones, watcher
from apps.sms.limits.verifier import verify
from tests.drills.site import Site, eventually
from tests.drills.test_outbound import SENDERS, Drill, drill
from tests.servers.postgresql import empty_cluster, own_postgres
from tests.servers.rabbitmq import own_rabbit

PER_SECOND = 200
#: Each number alone is at its limit too when the partner is.
OF_A_NUMBER = PER_SECOND // SENDERS
LIMITS = (
    f"sms.limits=[{{name: partner, scope: [carrier, sim], amount: {PER_SECOND}, seconds: 1.0}}, "
    f'{{name: number, scope: [number, "*"], amount: {OF_A_NUMBER}, seconds: 1.0}}]'
)
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it. `silent_seconds`: the longest time in which nobody handed over; utilisation from 0 to 1."""

    texts: int
    seconds: float
    take_overs: int
    silent_seconds: float
    delivered: int
    in_doubt: int
    doubled: int
    violations: int
    utilisation_partner_min: float
    utilisation_number_min: float


def strict(network: Path) -> str:
    """The carrier with the same limits, by its own count."""
    watched = f"[{{name: partner, most: {PER_SECOND}, seconds: 1.0}}, "
    watched += f"{{name: number, most: {OF_A_NUMBER}, seconds: 1.0, each: true}}]"
    simulated = f"{{file: {network}, window: 40, limits: {watched}, behaviour: [{{answer_seconds: [0.0, 0.005]}}]}}"
    return f"sms.carriers=[{{name: sim, simulated: {simulated}}}]"


def survive(two: Drill, count: int, kills: int) -> Figures:
    """Raises AssertionError."""
    began = time.monotonic()
    two.queue(count)
    for number in range(kills):
        share = count * (number + 1) / (kills + 1)
        eventually(lambda share=share: two.arrived() >= share, PATIENCE_SECONDS, f"{share:.0f} texts")  # type: ignore[misc]
        found = eventually(two.holder, 30.0, "somebody holds the lease")
        assert found is not None
        found[0].kill()
        found[0].start()
    eventually(lambda: two.finished(count), PATIENCE_SECONDS, "all texts are accounted for")
    seconds = time.monotonic() - began
    two.account(count)
    arrivals = sorted(segment.at for segment in phones.segments(two.network))
    states = two.states()
    used = [utilisation(file) for file in logs(two.sites)]
    return Figures(
        texts=count,
        seconds=round(seconds, 1),
        take_overs=len(used) - 1,
        silent_seconds=round(max(b - a for a, b in pairwise(arrivals)), 1),
        delivered=states["delivered"],
        in_doubt=states["in_doubt"],
        doubled=len(phones.doubled(two.network)),
        violations=watcher.violations(two.network),
        utilisation_partner_min=min(one["partner"] for one in used),
        utilisation_number_min=min(one["number"] for one in used),
    )


def logs(sites: Sequence[Site]) -> Iterator[Path]:
    """Of each grant of the lease that handed something over."""
    for here in sites:
        for file in sorted((here.home / "sms" / "handovers").iterdir()):
            if len(file.read_text().splitlines()) > 1:
                yield file


def utilisation(file: Path) -> dict[str, float]:
    """Of each limit in the time of one holder."""
    with file.open(newline="\n") as log:
        return {one.name: round(one.overall, 4) for one in verify({str(file): log}).limits}


@click.command()
@click.option("--texts", default=8_000, show_default=True, help="How many wait when it begins.")
@click.option("--kills", default=2, show_default=True, help="How often the holder is killed.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def main(texts: int, kills: int, as_json: bool) -> None:
    """Two machines hand texts over in turns: nothing is lost, no limit exceeded, and none left unused."""
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            broker = stack.enter_context(own_rabbit()).url
            server = stack.enter_context(own_postgres(stack.enter_context(empty_cluster())))
            database = server.url.render_as_string(hide_password=False)
            more = ("nodes.count=1", strict(folder / "network.sqlite"), LIMITS)
            two = stack.enter_context(drill(folder, 2, database, broker, more))
            two.network = folder / "network.sqlite"
            figures = asdict(survive(two, texts, kills))
    except AssertionError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name.replace('_', ' '):24} {value:>12,}")


if __name__ == "__main__":
    main(prog_name="python -m tests.drills.machines")
