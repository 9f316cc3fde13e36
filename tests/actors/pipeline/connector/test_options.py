"""What can be said about a pipeline's queue."""

from typing import Any

import pytest

from actors.broker.config import BrokerConfig
from actors.broker.message import Delivery, Message, Tag
from actors.pipeline import Handler
from actors.pipeline.connector.dedupe import Window
from actors.pipeline.connector.errors import WrongOption
from actors.pipeline.connector.metadata import PROPERTIES, check, metadata
from actors.pipeline.connector.options import BrokerOptions
from actors.pipeline.connector.producer import BrokerProducer
from actors.pipeline.connector.retry import Retry
from actors.pipeline.connector.source import BrokerSource, prefetch_of
from actors.pipeline.options import check as checked
from supervision.config import Settings
from supervision.errors import ConfigError
from tests.actors.broker.harness import settings_for


def test_bw_129_only_the_queue_must_be_said() -> None:
    options = BrokerOptions("work")
    assert (options.on_success, options.on_failure) == ("ack", Retry())
    assert (options.prefetch, options.batch, options.no_ack, options.window, options.merge) == (None,) * 2 + (
        False,
        None,
        None,
    )
    assert options.metadata == ("timestamp",)
    assert options.deaths == 3


@pytest.mark.parametrize("queue", ["", None, 3])
def test_rmq_1_a_queue_has_a_name(queue: Any) -> None:
    with pytest.raises(WrongOption, match="queue"):
        BrokerOptions(queue)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"prefetch": 0}, "prefetch"),
        ({"prefetch": 70_000}, "65535"),
        ({"batch": -1}, "batch"),
        ({"deaths": 0}, "deaths"),
        ({"metadata": ("colour",)}, "colour"),
        ({"on_success": "wat"}, "wat"),
        ({"on_failure": 3}, "3"),
    ],
)
def test_bw_138_wrong_options_are_named(said: dict[str, Any], named: str) -> None:
    with pytest.raises(WrongOption, match=named):
        BrokerOptions("work", **said)


def test_bw_155_overrides_of_one_producer_are_checked_and_leave_the_others_alone() -> None:
    options = BrokerOptions("work", prefetch=7, merge=lambda number: {"queue": f"work-{number}"})
    assert options.of(4).queue == "work-4"
    assert options.of(4).prefetch == 7
    assert options.queue == "work"


@pytest.mark.parametrize("answer", [None, "work", {"colour": 1}, {"merge": None}, {"prefetch": 0}])
def test_bw_155_nonsense_overrides_are_refused(answer: Any) -> None:
    with pytest.raises(WrongOption):
        BrokerOptions("work", merge=lambda number: answer).of(1)


def test_bw_155_overrides_are_asked_for_each_time() -> None:
    asked: list[int] = []
    options = BrokerOptions("work", merge=lambda number: asked.append(number) or {})
    options.of(1)
    options.of(1)
    assert asked == [1, 1]


def test_rmq_3_the_prefetch_follows_the_stages() -> None:
    pipeline = checked(
        {
            "handler": Handler(),
            "producer": {"actor": BrokerProducer},
            "processors": {"concurrency": 4, "max_demand": 10},
            "batchers": {"default": {"batch_size": 100, "concurrency": 2}},
        }
    )
    assert prefetch_of(pipeline) == 4 * 10 * 2 + 3 * 100


def test_a_window_without_a_database_is_a_fault_of_the_configuration(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"actors\.database"):
        BrokerSource(settings_for(tmp_path), BrokerOptions("work", window=Window(60)))


def test_without_a_database_nobody_keeps_records(tmp_path) -> None:
    settings = Settings(tmp_path, {}, (), {"broker": BrokerConfig.model_validate({})})
    assert not BrokerSource(settings, BrokerOptions("work")).keeps


def test_rmq_8_every_property_can_be_asked_for() -> None:
    message = Message(b"", "orders", "events", {"h": 1}, "text/plain", "id", correlation_id="c", timestamp=5.0)
    delivery = Delivery(Tag(1, 2), message, "work", True, 3)
    told = metadata(delivery, check(tuple(PROPERTIES)), "/consumer")
    assert told == {
        "delivery_tag": Tag(1, 2),
        "redelivered": True,
        "delivery_count": 3,
        "attempt": 1,
        "queue": "work",
        "exchange": "events",
        "routing_key": "orders",
        "content_type": "text/plain",
        "headers": {"h": 1},
        "persistent": True,
        "correlation_id": "c",
        "message_id": "id",
        "timestamp": 5.0,
        "type": "",
        "reply_to": "",
        "consumer": "/consumer",
    }


def test_a_retried_message_still_tells_where_it_was_published() -> None:
    headers = {"x-origin-exchange": "events", "x-origin-routing-key": "orders"}
    delivery = Delivery(Tag(1, 1), Message(b"", "work", headers=headers), "work", False, 0)
    told = metadata(delivery, ("exchange", "routing_key"), "/consumer")
    assert (told["exchange"], told["routing_key"]) == ("events", "orders")
