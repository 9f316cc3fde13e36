"""`rookery sms verify-limits`: the limits of a hand-over log, proven or refuted. In the command's own process."""

from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supervision.options import home_option, json_option, print_json

if TYPE_CHECKING:
    from apps.sms.limits.verifier import LimitVerdict, Verdict


@click.command("verify-limits")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--uncertainty",
    "uncertainty_seconds",
    type=click.FloatRange(0),
    default=0.1,
    show_default=True,
    help="How far apart the clocks of two machines may be, in seconds.",
)
@json_option
@home_option
@click.pass_context
def verify_limits(
    context: click.Context, files: tuple[Path, ...], uncertainty_seconds: float, as_json: bool, home: Path
) -> None:
    """Prove or refute each limit over every window of the hand-over logs FILES, judged together.

    Give it the logs of all machines; without FILES it takes those of this home, whether a root runs there or not. Exit
    code 1 unless every limit is proven.
    """
    from apps.sms.limits.log import FOLDER
    from apps.sms.limits.verifier import verify

    files = files or tuple(sorted((home / FOLDER).glob("*.jsonl")))
    if not files:
        raise click.UsageError(f"there is no hand-over log in {home / FOLDER}; name the FILES")

    with ExitStack() as stack:
        logs = {str(file): stack.enter_context(file.open(encoding="utf-8", newline="\n")) for file in files}
        verdict = verify(logs, uncertainty_seconds)
    if as_json:
        print_json({"proven": verdict.proven, **asdict(verdict)})
    else:
        _show(verdict)
    if not verdict.proven:
        context.exit(1)


COMMANDS = (verify_limits,)


def _show(verdict: "Verdict") -> None:
    for limit in verdict.limits:
        click.echo(f"{limit.verdict:<8}  {limit.name}: at most {limit.amount} {limit.unit} per {limit.window}")
        click.echo(f"          {_worst(limit)}")
    click.echo(f"{verdict.handovers:,} hand-overs of {verdict.lives} holders; {verdict.unlimited:,} under no limit")


def _worst(limit: "LimitVerdict") -> str:
    if not limit.handed:
        return "nothing was handed over"
    window = f"{_moment(limit.from_us)} to {_moment(limit.to_us)}"
    used = f"worst window: {limit.used} of {limit.amount} ({' '.join(limit.key)}), {window}"
    return f"{used}; utilisation {limit.utilisation:.1%}, overall {limit.overall:.1%}, {limit.handed:,} handed over"


def _moment(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1_000_000, UTC):%Y-%m-%d %H:%M:%S.%f}"
