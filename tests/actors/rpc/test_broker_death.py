"""Calls while RabbitMQ is cut off and killed: every one ends, none is doubled, and nobody has to help afterwards."""

import threading
import uuid
from collections import Counter
from pathlib import Path

import pytest

from actors.broker import Unavailable
from actors.rpc import NobodyThere, TimedOut
from supervision.testing import PATIENCE_SECONDS
from tests.actors.rpc.harness import Echo, Process, Stage, Text, settings_for, two
from tests.servers.rabbitmq import OwnRabbit

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def stage():
    Echo.stage, Echo.service = Stage(), f"echo.{uuid.uuid4().hex}"
    Echo.stage.gate.set()
    return Echo.stage


def call(caller: Process, value: str) -> str:
    """What became of one call."""
    try:
        return str(caller.call("Charge", Text(value=value), timeout_seconds=1.0).value)
    except (TimedOut, NobodyThere, Unavailable) as error:
        return type(error).__name__


def served_again(caller: Process) -> None:
    pause = threading.Event()
    for _ in range(int(3 * PATIENCE_SECONDS / 0.1)):
        if call(caller, "again") == "charged":
            return
        pause.wait(0.1)
    raise AssertionError("nobody serves any more")


def test_calls_through_the_deaths_of_the_broker(tmp_path: Path, own_rabbit: OwnRabbit, stage: Stage) -> None:
    outcomes: Counter[str] = Counter()
    ended = threading.Event()

    def keep_calling(caller: Process, name: str) -> None:
        number = 0
        while not ended.is_set():
            number += 1
            outcomes[call(caller, f"{name}-{number}")] += 1

    with two(settings_for(tmp_path, own_rabbit.url)) as (caller, _):
        callers = [threading.Thread(target=keep_calling, args=(caller, str(n))) for n in range(4)]
        for thread in callers:
            thread.start()
        try:
            served_again(caller)
            own_rabbit.close_all_connections()
            served_again(caller)
            own_rabbit.kill()
            own_rabbit.start()
            served_again(caller)
        finally:
            ended.set()
            for thread in callers:
                thread.join(PATIENCE_SECONDS)
    assert outcomes["charged"] > 0
    ran = Counter(value for value in stage.ran if value != "again")
    assert max(ran.values()) == 1
    assert outcomes["charged"] <= len(ran) <= sum(outcomes.values())
