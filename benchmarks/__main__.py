"""`python -m benchmarks NAME`: find the benchmark, run it, print it. Runs in the main thread."""

import importlib
import json

import click

from benchmarks.outcome import Options, Outcome, report

# name -> module, imported only when it runs
BENCHMARKS = {
    "pipeline": "benchmarks.pipeline",
    "storm": "benchmarks.storm",
    "supervisor": "benchmarks.supervisor",
}


@click.command()
@click.argument("name", type=click.Choice(list(BENCHMARKS)))
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
@click.option("--size", type=click.IntRange(min=1), help="How many things to measure; each benchmark has a default.")
@click.option("--seconds", type=click.FloatRange(min=0.05), help="Per measurement; each benchmark has a default.")
def main(name: str, as_json: bool, size: int | None, seconds: float | None) -> None:
    """Measure NAME on this machine, beside what a user would otherwise write or pick."""
    module = importlib.import_module(BENCHMARKS[name])
    outcome: Outcome = module.run(Options(size=size, seconds=seconds))
    answer = report(name, outcome)
    if as_json:
        click.echo(json.dumps(answer))
    else:
        _print(answer["results"], answer["ratios"])


def _print(results: dict[str, float], ratios: dict[str, float]) -> None:
    for key, value in results.items():
        click.echo(f"{key:24} {value:>14,g}")
    for key, value in ratios.items():
        click.echo(f"{key:24} {value:>13,g}x")


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
