"""`python -m benchmarks NAME`: find the benchmark, run it, print it. Runs in the main thread."""

import importlib
import json
import os
import shlex
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from benchmarks import chart
from benchmarks.outcome import Options, Outcome, report

# name -> module, imported only when it runs
BENCHMARKS = {
    "campaign": "benchmarks.campaign",
    "outbound": "benchmarks.outbound",
    "flood": "benchmarks.flood",
    "inbound": "benchmarks.inbound",
    "pipeline": "benchmarks.pipeline",
    "silence": "benchmarks.silence",
    "spike": "benchmarks.spike",
    "storm": "benchmarks.storm",
    "supervisor": "benchmarks.supervisor",
    "transactional": "benchmarks.transactional",
}


@click.command()
@click.argument("name", type=click.Choice(list(BENCHMARKS)))
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.option("--size", type=click.IntRange(min=1), help="How many things to measure; each benchmark has a default.")
@click.option("--seconds", type=click.FloatRange(min=0.05), help="Per measurement; each benchmark has a default.")
@click.option("--chart", "picture", type=click.Path(path_type=Path), help="Draw the run over time into this PNG file.")
def main(name: str, as_json: bool, size: int | None, seconds: float | None, picture: Path | None) -> None:
    """Measure NAME on this machine, beside what a user would otherwise write or pick."""
    module = importlib.import_module(BENCHMARKS[name])
    outcome: Outcome = module.run(Options(size=size, seconds=seconds))
    answer = report(name, outcome)
    if picture is not None:
        _draw(picture, answer, outcome)
    if as_json:
        click.echo(json.dumps(answer))
    else:
        _print(answer["results"], answer["ratios"])


def _draw(picture: Path, answer: dict[str, Any], outcome: Outcome) -> None:
    """The chart says how it was made and on what; beside it, the figures that it shows as JSON."""
    command = f"python -m benchmarks {shlex.join(sys.argv[1:])}"
    machine = ", ".join(f"{key} {value}" for key, value in answer["machine"].items())
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    results = ", ".join(f"{key} {value:,g}" for key, value in answer["results"].items())
    caption = f"{command} · {date.today()} · {machine}, load at the end {load} (1, 5, 15 min) · {results}"
    chart.draw(picture, answer["benchmark"], caption, outcome.series)
    figures = {
        **answer,
        "caption": caption,
        "series": {name: [list(point) for point in points] for name, points in outcome.series.items()},
    }
    picture.with_suffix(".json").write_text(json.dumps(figures) + "\n")


def _print(results: dict[str, float], ratios: dict[str, float]) -> None:
    for key, value in results.items():
        click.echo(f"{key:24} {value:>14,g}")
    for key, value in ratios.items():
        click.echo(f"{key:24} {value:>13,g}x")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
