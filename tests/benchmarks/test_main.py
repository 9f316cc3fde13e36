"""Small runs of every benchmark: the figures mean nothing here, the shape of the answer does."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.outcome import Outcome, report
from benchmarks.side_by_side import alternately, percentile

PIPELINE = (
    {"messages_per_s", "plain_messages_per_s", "publishes_per_s", "plain_publishes_per_s", "peak_rss_mb", "rss_growth"},
    {"consume_vs_plain_pika", "publish_vs_plain_pika"},
)
SHAPES: dict[str, tuple[set[str], set[str]]] = {
    "pipeline": tuple({*names, *(f"classic_{name}" for name in names)} for names in PIPELINE),  # type: ignore[dict-item]
    "campaign": ({"mails_per_s", "plain_mails_per_s", "peak_rss_mb", "rss_growth"}, {"vs_plain"}),
    "flood": (
        {"texts", "seconds", "accepted_per_s", "worked_on_per_s", "waiting_max", "oldest_max_s", "alone_p99_ms"}
        | {f"{who}_{what}" for who in ("neighbour", "other") for what in ("p50_ms", "p99_ms", "max_ms", "answers")}
        | {"peak_rss_mb", "rss_growth"},
        set(),
    ),
    "inbound": (
        {"texts_per_s", "p50_ms", "p99_ms", "max_ms", "peak_rss_mb", "rss_growth", "drained_per_s"},
        set(),
    ),
    "outbound": (
        {"segments_per_s", "utilisation_min", "violations", "smpp_segments_per_s", "smpp_link_segments_per_s"},
        set(),
    ),
    "silence": (
        {"silence_p50_ms", "silence_p99_ms", "silence_max_ms", "stops"}
        | {f"waiting_{way}_at_{when}" for way in ("in", "out") for when in ("start", "end")},
        set(),
    ),
    "spike": (
        {"reset_p99_ms", "reset_max_ms", "alone_reset_p99_ms", "resets", "bulk_waiting_at_start", "bulk_mails_per_s"}
        | {"peak_rss_mb", "rss_growth"},
        set(),
    ),
    "storm": (
        {"starts", "ends", "injected", "nodes_lost", "not_up_again", "ends_told_wrong", "zombies", "threads_left"}
        | {"processes_left", "stopped_in_order"},
        set(),
    ),
    "supervisor": (
        {"tells_per_s", "asks_per_s", "restart_p50_ms", "restart_p99_ms", "kb_per_child", "tree_read_ms"}
        | {"start_children_s", "stop_children_s"},
        {"tell_vs_pykka", "ask_vs_pykka", "supervised_vs_bare"},
    ),
    "transactional": ({"mails_per_s", "plain_mails_per_s", "p99_ms", "peak_rss_mb"}, {"vs_plain"}),
}


def last_line(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


@pytest.mark.timeout(240)  # those of mail start roots, and wait for one another
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_answers_with_its_results_and_ratios(name: str) -> None:
    answer = last_line(name, "--size", "200", "--seconds", "0.05")
    results, ratios = SHAPES[name]
    assert answer["benchmark"] == name
    assert answer["results"].keys() == results
    assert answer["ratios"].keys() == ratios
    assert answer["machine"]["cores"] >= 1
    assert all(figure > 0 for figure in answer["ratios"].values())


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    result = CliRunner().invoke(main, ["nonesuch"])
    assert result.exit_code == 2
    assert "supervisor" in result.stderr


def test_figures_keep_three_digits() -> None:
    assert report("x", Outcome({"a": 123456.0}, {"b": 0.123456}))["results"] == {"a": 123000.0}


def test_ways_are_measured_in_turns_and_the_median_counts() -> None:
    order: list[str] = []
    figures = iter([1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    def way(name: str) -> float:
        order.append(name)
        return next(figures)

    medians = alternately({"a": lambda: way("a"), "b": lambda: way("b")}, seconds=0)
    assert order == ["a", "b"] * 3
    assert medians == {"a": 2.0, "b": 20.0}


def test_a_percentile_lies_between_the_smallest_and_the_largest() -> None:
    assert percentile([float(value) for value in range(101)], 99) == 99.0
