"""Two pipelines, as on two machines with one lease, read a queue in order, whichever is held, stopped or crashes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors import broker
from actors.broker import Message as Sent
from actors.broker import Queue, Topology
from actors.broker.config import BrokerConfig
from actors.lease.tables import METADATA as LEASES
from actors.lease.tenant import tenant_spec
from actors.pipeline import BatchInfo, Message, pipeline_spec
from actors.pipeline.connector import BrokerOptions, BrokerProducer, BrokerSource
from actors.pipeline.rates.valve import PipelineHeld
from supervision import TerminateChild
from supervision.config import Settings
from supervision.verbs import Probe
from tests.actors.pipeline.connector.rig import Obeying, Rig, rig

LINE = Topology(queues=(Queue("line", single_active_consumer=True),))
WORK = 60


class Writing(Obeying):
    """Writes down the batches that were done; a batch with `die` in it ends its stage, once."""

    def __init__(self, written: list[bytes]) -> None:
        super().__init__()
        self.written = written
        self.mortal = True

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> list[Message]:
        if self.mortal and any(message.data == b"die" for message in messages):
            self.mortal = False
            raise SystemExit("the message said so")
        self.written += [message.data for message in messages]
        return messages


@pytest.fixture(params=["make_embedded", "make_amqp"])
def jobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    make = request.getfixturevalue(request.param)
    with rig(tmp_path, f"sqlite:///{tmp_path}/test.sqlite", make(LINE)) as world:
        with world.database.begin() as conn:
            LEASES.create_all(conn)
        yield world


def start(jobs: Rig, id: str, written: list[bytes], **options: Any) -> Writing:
    settings = Settings(jobs.home, {}, (broker.APP,), {"broker": BrokerConfig.model_validate({})})
    said = BrokerOptions("line", on_failure="requeue", deaths=None, prefetch=20, ordered=True)
    handler = Writing(written)
    pipeline = pipeline_spec(
        "line",
        handler=handler,
        producer={"actor": BrokerProducer, "args": (BrokerSource(settings, said, jobs.engine),)},
        processors={"concurrency": 1, "max_demand": 4, "min_demand": 0},
        batchers={"default": {"concurrency": 1, "batch_size": 4, "batch_timeout_seconds": 0.01}},
        resubscribe_interval_seconds=0.01,
        max_restarts=0,
        shutdown_seconds=5.0,
        **options,
    )
    jobs.start(tenant_spec(id, f"/{id}", "line", pipeline, term_seconds=3.5))
    return handler


def send(jobs: Rig, *bodies: str) -> None:
    jobs.publish(*(Sent(body.encode(), "line") for body in bodies))


def firsts(written: list[bytes]) -> list[bytes]:
    """What may come again does not count again."""
    return list(dict.fromkeys(written))


def in_order() -> list[bytes]:
    return [str(number).encode() for number in range(WORK)]


def test_one_that_is_held_keeps_its_place(jobs: Rig) -> None:
    written: list[bytes] = []
    faults: list[str] = []
    first = start(jobs, "one", written, needs=(Probe("mta", lambda: faults[0] if faults else None),))
    send(jobs, "hold", *(str(number) for number in range(WORK)))
    first.inbox.expect(Message)
    start(jobs, "two", written)
    faults.append("it is down")
    jobs.tree.events.expect(PipelineHeld)
    first.gate.set()
    jobs.until(lambda: b"hold" in written)
    faults.clear()
    jobs.until(lambda: len(written) > WORK)
    assert firsts(written)[1:] == in_order()


def test_one_that_stops_leaves_everything_in_its_place(jobs: Rig) -> None:
    written: list[bytes] = []
    first = start(jobs, "one", written)
    send(jobs, "hold", *(str(number) for number in range(WORK)))
    first.inbox.expect(Message)
    start(jobs, "two", written)
    first.gate.set()
    jobs.tree.system.address("/").call(TerminateChild("one"), timeout=40.0)
    jobs.until(lambda: set(in_order()) <= set(written))
    assert firsts(written)[1:] == in_order()


def test_one_whose_stage_dies_gives_up_as_a_whole(jobs: Rig) -> None:
    written: list[bytes] = []
    half = WORK // 2
    wanted = [*in_order()[:half], b"die", *in_order()[half:]]
    start(jobs, "one", written)
    start(jobs, "two", written)
    send(jobs, *(body.decode() for body in wanted))
    jobs.until(lambda: set(wanted) <= set(written))
    assert firsts(written) == wanted
