"""From settings to specs: engine by scheme, topology of all apps, windows and lists."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from actors import broker
from actors.broker import DEAD_LETTERS, Binding, Exchange, Queue, Topology, TopologyConflict, consumer_spec
from actors.broker.config import BrokerConfig
from actors.broker.embedded.engine import EmbeddedEngine
from actors.broker.specs import engine_of, publisher_spec, supervisor, topology_of
from supervision.app import App
from supervision.config import Settings, check
from supervision.errors import ConfigError
from tests.actors.broker.harness import settings_for


def email(settings: Settings) -> Topology:
    return Topology((Exchange("events"),), (Queue("email"),), (Binding("events", "email", "#"),))


def sms(settings: Settings) -> Topology:
    return Topology((Exchange("events"),), (Queue("sms"),))


def other_events(settings: Settings) -> Topology:
    return Topology((Exchange("events", "fanout"),))


def loose(settings: Settings) -> Topology:
    return Topology(bindings=(Binding("missing", "email"),))


def listing(home: Path, *names: str) -> Settings:
    apps = tuple(App(name, queues=f"{__name__}:{name}") for name in names)
    config = BrokerConfig.model_validate({})
    return Settings(home, {}, (broker.APP, *apps), {"broker": config})


def test_the_topology_is_that_of_all_apps_and_the_dead_letters(tmp_path: Path) -> None:
    topology = topology_of(listing(tmp_path, "email", "sms"))
    assert {queue.name for queue in topology.queues} == {"email", "sms", DEAD_LETTERS}


def test_apps_that_disagree_are_told(tmp_path: Path) -> None:
    with pytest.raises(TopologyConflict, match="events"):
        topology_of(listing(tmp_path, "email", "other_events"))


def test_bindings_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such exchange"):
        topology_of(listing(tmp_path, "email", "loose"))


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("embedded:", "broker.sqlite"),
        ("embedded:other.sqlite", "other.sqlite"),
        ("embedded:/a/b.sqlite", "/a/b.sqlite"),
    ],
)
def test_where_the_embedded_file_is(tmp_path: Path, url: str, file: str) -> None:
    engine = engine_of(settings_for(tmp_path, url))
    assert isinstance(engine, EmbeddedEngine)
    assert engine.path == tmp_path / file


@pytest.mark.parametrize("url", ["kafka://host", "amqps", ""])
def test_an_unknown_scheme_is_a_fault_of_the_configuration(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"broker\.url: .*no engine for the scheme"):
        check({"apps": ["actors.broker"], "broker": {"url": url}}, tmp_path)


def test_the_url_is_not_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        BrokerConfig.model_validate({"url": "kafka://user:secret@host"})
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(BrokerConfig.model_validate({"url": "embedded:secret"}))


def test_specs_wait_for_a_broker_that_is_down(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    consumer = consumer_spec(settings, "consumer", "work", "/subscriber")
    assert publisher_spec(settings).start == consumer.start == "eventual"
    assert supervisor(settings).id == "broker"


@pytest.mark.parametrize(
    ("prefetch", "batch", "expected"),
    [(None, None, (200, 100)), (50, None, (50, 25)), (1, None, (1, 1)), (10, 50, (10, 10)), (5000, 5000, (5000, 1000))],
)
def test_windows_and_lists(tmp_path: Path, prefetch: int | None, batch: int | None, expected: tuple[int, int]) -> None:
    spec = consumer_spec(settings_for(tmp_path), "consumer", "work", "/subscriber", prefetch, batch)
    assert spec.args[-2:] == expected


def test_fields_of_the_spec_can_be_given(tmp_path: Path) -> None:
    spec = consumer_spec(settings_for(tmp_path), "consumer", "work", "/subscriber", restart="transient")
    assert spec.restart == "transient"


@pytest.mark.parametrize("url", ["http://me:sec/ret@host:15672", "http://host:many", "ftp://host", "host:15672"])
def test_a_management_url_that_is_none_is_said_at_once_and_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"broker\.management_url: .*expected http") as caught:
        check({"apps": ["actors.broker"], "broker": {"management_url": url}}, tmp_path)
    assert "sec" not in str(caught.value)
