"""What `broker.outbox` in config.yaml makes of the tree, and what is shown of it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from actors.broker import Broker, Message
from actors.broker.config import BrokerConfig
from actors.broker.metrics import collector
from actors.broker.outbox.actor import FORWARDER
from actors.broker.port import PUBLISHER
from actors.broker.specs import supervisor
from actors.broker.verbs import VERBS, probes
from supervision import State
from supervision.composition import specs
from supervision.config import Settings, check
from supervision.testing import running
from supervision.verbs import Site

NOBODY = "amqp://guest:guest@127.0.0.1:1/"
OUTBOX = next(verb for verb in VERBS if verb.name == "broker.outbox")


def settings_of(home: Path, **broker: Any) -> Settings:
    return check({"apps": ["actors.broker"], "broker": broker}, home)


def test_it_is_off_unless_asked_for(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert [path for path, _ in specs(supervisor(settings), "/broker")] == ["/broker", PUBLISHER]


def test_it_stands_in_the_publishers_place(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, outbox={})
    assert [path for path, _ in specs(supervisor(settings), "/broker")] == ["/broker", FORWARDER, PUBLISHER]


def test_a_file_too_small_for_anything_is_refused() -> None:
    with pytest.raises(ValidationError):
        BrokerConfig.model_validate({"outbox": {"max_bytes": 1}})


def test_depth_and_age_are_shown_everywhere(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, url=NOBODY, outbox={"file": "waits.sqlite"})
    with running(supervisor(settings)) as app:
        app.wait_state(PUBLISHER, State.RUNNING)
        app.wait_state(FORWARDER, State.BACKOFF)
        assert Broker(app.system).publish([Message(b"a", "q"), Message(b"b", "q")]) == 2
        site = Site(app.system, settings)
        answer = OUTBOX(site, {})
        (one,) = answer["outboxes"]
        assert (answer["enabled"], one["outbox"], one["messages"]) == (True, PUBLISHER, 2)
        assert one["oldest_seconds"] >= 0
        (probe,) = probes(site)
        assert "2 messages wait in the outbox, the oldest for" in str(probe.check())
        shown = {sample.name: sample.value for metric in collector(site).collect() for sample in metric.samples}
        assert shown["rookery_outbox_messages"] == 2
        assert shown["rookery_outbox_refused"] == 0
    assert (tmp_path / "waits.sqlite").exists()


def test_without_an_outbox_nothing_is_shown(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    with running(supervisor(settings)) as app:
        app.wait_state(PUBLISHER, State.RUNNING)
        site = Site(app.system, settings)
        assert OUTBOX(site, {}) == {"enabled": False}
        names = [metric.name for metric in collector(site).collect()]
        assert not [name for name in names if name.startswith("rookery_outbox")]
