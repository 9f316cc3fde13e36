"""Numbers of every stage, read without asking it."""

import pytest

from actors.pipeline import Message, NotRunning, Pipeline
from actors.pipeline.options import check
from actors.pipeline.plan import Plan
from actors.pipeline.tally import Tally
from actors.pipeline.testing import ManualProducer
from supervision import KILLED, System
from tests.actors.pipeline.harness import BATCH_PROCESSOR, BATCHER, PATH, PROCESSOR, PRODUCER, Recorder, world


def stages(**options: object) -> list[str]:
    checked = check({"handler": Recorder(), "producer": {"actor": ManualProducer}, **options})
    return list(Plan(PATH, checked, System()).tallies.all())


def test_bw_127_every_stage_has_its_own_numbers() -> None:
    processors = {"concurrency": 40}
    assert len(stages(processors=processors)) == 1 + 40
    batchers = {"a": {"concurrency": 5}, "b": {"concurrency": 3}}
    named = stages(processors=processors, batchers=batchers)
    assert len(named) == 1 + 50
    assert [named.index(f"{PATH}/batchers/{key}/batcher") for key in ("a", "b")] == [41, 47]


def test_the_workload_is_the_share_of_the_time_at_work() -> None:
    tally = Tally()
    tally.begin(10.0)
    tally.end(12.0, successful=3, failed=1)
    assert (tally.workload(12.0), tally.chunks, tally.successful, tally.failed) == (1.0, 1, 3, 1)
    tally.begin(15.0)
    assert tally.workload(15.0) == 0.0
    assert tally.workload(18.0) == 0.5
    tally.end(18.0)
    assert tally.workload(18.0) == 0.5


def test_a_stage_without_work_is_seen_to_do_less_and_less() -> None:
    tally = Tally()
    assert tally.workload(5.0) == 0.0
    tally.begin(10.0)
    tally.end(12.0)
    assert [tally.workload(now) for now in (14.0, 20.0, 210.0)] == [0.5, 0.2, 0.01]


def test_the_numbers_of_a_pipeline_add_up() -> None:
    def fail(message: Message) -> Message:
        return message.failed("no") if message.data == 3 else message

    with world(Recorder(fail), batch={"batch_size": 2}) as pipe:
        pipe.push([1, 2, 3])
        assert pipe.acks(3) == ([1, 2], [3])
        tallies = pipe.pipeline.tallies()
        pipe.until(lambda: tallies.of(BATCH_PROCESSOR).chunks == 1)
        assert set(tallies.workloads(pipe.tree.system.clock.monotonic())) == {
            PRODUCER,
            PROCESSOR,
            BATCHER,
            BATCH_PROCESSOR,
        }
        assert (tallies.of(PROCESSOR).successful, tallies.of(PROCESSOR).failed) == (2, 1)
        assert (tallies.of(BATCH_PROCESSOR).successful, tallies.of(BATCH_PROCESSOR).failed) == (2, 0)


def test_bw_128_a_restarted_pipeline_begins_at_zero() -> None:
    with world() as pipe:
        pipe.push([1])
        pipe.acks(1)
        assert pipe.pipeline.tallies().total("chunks") == 1
        before = pipe.incarnation(PATH)
        pipe.kill(PATH, KILLED)
        pipe.again(PATH, before)
        assert pipe.pipeline.tallies().total("chunks") == 0
        with pytest.raises(NotRunning, match="no pipeline runs at /nowhere"):
            Pipeline(pipe.tree.system, "/nowhere").tallies()
