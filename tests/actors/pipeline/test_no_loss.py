"""Whatever dies, every message is acknowledged or given back, and what is idle holds nothing."""

import random
from functools import partial
from typing import Any

import pytest

from actors.pipeline import NotRunning
from actors.pipeline.acknowledger import Acked, Requeued
from supervision import Crashed, FaultRule
from tests.actors.pipeline.harness import PATH, World, values, world

COUNT = 600


def ended(pipe: World) -> list[int]:
    """The data of all messages whose end was heard so far."""
    data: list[int] = []
    inbox = pipe.caller.inbox
    while not inbox.nothing_more():
        match inbox.expect(object):
            case Acked(successful=good, failed=bad):
                data += values([*good, *bad])
            case Requeued(messages=messages):
                data += values(messages)
    return data


def _pushed(pipe: World, first: int) -> bool:
    """Whether the producer that was tried had not just ended; if it had, it took nothing."""
    try:
        pipe.push(range(first, first + 30))
    except NotRunning:
        return False
    return True


@pytest.mark.parametrize("layer", ["processors", "batchers/default/*", "**"])
def test_a_fault_that_strikes_at_a_list_of_messages_loses_none_of_it(layer: str) -> None:
    """The stage that takes the list off its mailbox ends before it has seen it."""
    options: dict[str, Any] = {
        "batchers": {"default": {"batch_size": 5, "batch_timeout_seconds": 0.02}},
        "resubscribe_interval_seconds": 0.0,
        "max_restarts": 1000,
    }
    with world(**options) as pipe:
        faults = pipe.tree.system.faults
        faults.enabled = True
        faults.add(FaultRule("crash", f"{PATH}/{layer}/*processor-*", every=3, times=4))
        for first in range(0, 300, 30):
            pipe.until(partial(_pushed, pipe, first))
        pipe.pipeline.stop()
        ends = ended(pipe)
    assert set(ends) == set(range(300))


@pytest.mark.parametrize("partitioned", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_random_deaths_lose_nothing(seed: int, partitioned: bool) -> None:
    rng = random.Random(seed)
    options: dict[str, Any] = {
        "producer": {"concurrency": 2},
        "processors": {"concurrency": 3},
        "batchers": {"default": {"batch_size": 5, "concurrency": 2, "batch_timeout_seconds": 0.02}},
        "resubscribe_interval_seconds": 0.0,
        "max_restarts": 1000,
    }
    if partitioned:
        options["partition_by"] = lambda message: message.data
    with world(**options) as pipe:
        pushed = 0
        while pushed < COUNT:
            pipe.until(partial(_pushed, pipe, pushed))
            pushed += 30
            victim = pipe.tree.system.registry.running(rng.choice(pipe.pipeline.topology().stages))
            if victim is not None and rng.random() < 0.4:
                victim.request_stop(Crashed(RuntimeError("test")))
                pipe.until(victim.actor_stopped.is_set)
        pipe.pipeline.stop()
        assert pipe.tree.system.registry.running(PATH) is None
        ends = ended(pipe)
    assert set(ends) == set(range(COUNT))
    assert len(ends) == COUNT, "at such deaths, between two chunks, nothing is doubled either"
