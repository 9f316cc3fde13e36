"""What a pipeline refuses before it starts, and what it says then."""

import os
from typing import Any

import pytest

from actors.pipeline import WrongOption, pipeline_spec, reference
from actors.pipeline.options import check
from actors.pipeline.testing import ManualProducer
from tests.actors.pipeline.harness import Recorder


def options(**more: Any) -> dict[str, Any]:
    return {"handler": Recorder(), "producer": {"actor": ManualProducer}, **more}


def refused(**more: Any) -> str:
    with pytest.raises(WrongOption) as caught:
        pipeline_spec("pipe", **options(**more))
    return str(caught.value)


def test_bw_2_an_unknown_key_is_named_with_its_path_and_the_known_ones() -> None:
    text = refused(batchers={"mails": {"batch_sizy": 1}})
    assert text.startswith("batchers.mails.batch_sizy: unknown option")
    assert "batch_size" in text
    assert "batch_timeout_seconds" in text
    rate = {"allowed_messages": 1, "interval_seconds": 1, "interval": 1}
    assert "rate_limiting.interval: unknown" in refused(producer={"actor": ManualProducer, "rate_limiting": rate})


def test_bw_3_a_splitter_takes_two_arguments() -> None:
    text = refused(batchers={"mails": {"batch_size": (0, lambda message: 0), "max_demand": 10}})
    assert text.startswith("batchers.mails.batch_size")
    assert "whole number > 0, or (initial accumulator, splitter of 2 arguments)" in text


@pytest.mark.parametrize("value", [lambda message, count: 0, 0, -1, 2.5, True, "10", (1,)])
def test_bw_4_a_batch_size_is_a_number_or_a_splitter_with_its_first_value(value: Any) -> None:
    assert "whole number > 0, or (initial accumulator" in refused(batchers={"mails": {"batch_size": value}})


def test_bw_5_a_splitter_needs_a_max_demand() -> None:
    text = refused(batchers={"mails": {"batch_size": (0, lambda message, count: count)}})
    assert "batchers.mails: max_demand must be given" in text


def test_bw_7_two_processors_per_core_unless_told() -> None:
    assert check(options()).processors.concurrency == 2 * (os.cpu_count() or 1)
    assert check(options(processors={"concurrency": 13})).processors.concurrency == 13


def test_a_minimum_is_below_its_maximum() -> None:
    assert "min_demand must be below max_demand" in refused(processors={"max_demand": 3, "min_demand": 3})


def test_all_that_is_wrong_is_told_at_once() -> None:
    lines = refused(processors={"concurrency": 0}, shutdown_seconds=-1).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["processors.concurrency", "shutdown_seconds"]


def test_what_is_required_is_missed() -> None:
    with pytest.raises(WrongOption, match="handler: Field required"):
        pipeline_spec("pipe", producer={"actor": ManualProducer})


def test_a_second_set_of_processors_is_unknown() -> None:
    assert "processors.default: unknown option" in refused(processors={"default": {}})


def test_the_reference_names_every_option_with_its_default() -> None:
    text = reference()
    for line in (
        "producer.rate_limiting.allowed_messages (required)",
        "batchers.default.batch_timeout_seconds (1.0)",
        "processors.max_demand (10)",
        "shutdown_seconds (30.0)",
    ):
        assert line in text
