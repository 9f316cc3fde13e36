"""Partitioned layers change their size: each key keeps its order, each message ends once; a timeout changes nothing."""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from actors.pipeline import BatchInfo, Handler, Message, NotRunning, Pipeline, pipeline_spec
from actors.pipeline.acknowledger import Acked, Requeued
from actors.pipeline.handover import StillWorking
from actors.pipeline.testing import Caller, Emit, ManualProducer
from supervision import Crashed
from supervision.testing import PATIENCE_SECONDS, Running, running

KEYS = 13
PRODUCER = "/mails/producers/producer-1"


class Noting(Handler):
    """Messages are (key, number); notes the order in which each layer saw them, and holds `hold` at the gate."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.inside = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.worked: list[tuple[int, int]] = []
        self.batched: list[tuple[int, int]] = []
        self.holds: set[Any] = set()

    def handle_message(self, message: Message, context: Any) -> Message:
        self._hold(message.data)
        with self.lock:
            self.worked.append(message.data)
        return message

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        for message in messages:
            self._hold(("batch", *message.data))
        with self.lock:
            self.batched += [message.data for message in messages]
        return messages

    def _hold(self, which: Any) -> None:
        if which in self.holds:
            self.inside.release()
            assert self.gate.wait(PATIENCE_SECONDS)


def key_of(message: Message) -> int:
    key: int = message.data[0]
    return key


@contextmanager
def mails(handler: Noting, **options: Any) -> Iterator[Running]:
    given: dict[str, Any] = {
        "producer": {"actor": ManualProducer},
        "processors": {"concurrency": 2, "max_demand": 3},
        "partition_by": key_of,
        "resubscribe_interval_seconds": 0.0,
        "max_restarts": 1000,
        "shutdown_seconds": 5.0,
        **options,
    }
    with running(pipeline_spec("mails", handler=handler, **given)) as run:
        yield run


def push(run: Running, caller: Caller, numbers: Sequence[int]) -> None:
    messages = [caller.message((number % KEYS, number)) for number in numbers]
    run.system.address(PRODUCER).call(Emit(messages))


def ended(caller: Caller, count: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What was acknowledged and what was given back, until so many have ended."""
    good: list[tuple[int, int]] = []
    back: list[tuple[int, int]] = []
    while len(good) + len(back) < count:
        match caller.inbox.expect(object):
            case Acked(successful=successful, failed=[]):
                good += [message.data for message in successful]
            case Requeued(messages=messages):
                back += [message.data for message in messages]
    return good, back


def in_order(seen: Sequence[tuple[int, int]]) -> bool:
    return all(
        [number for key, number in seen if key == one] == sorted(number for key, number in seen if key == one)
        for one in range(KEYS)
    )


BATCHERS = {"default": {"batch_size": 4, "concurrency": 2, "batch_timeout_seconds": 0.02}}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("producers", [1, 2])
def test_each_key_keeps_its_order_while_both_layers_change_their_size_under_load(seed: int, producers: int) -> None:
    rng, handler, caller = random.Random(seed), Noting(), Caller()
    options = {"producer": {"actor": ManualProducer, "concurrency": producers}, "batchers": BATCHERS}
    with mails(handler, **options) as run:
        sent = 0
        for _ in range(8):
            push(run, caller, range(sent, sent + 100))
            sent += 100
            Pipeline(run.system, "/mails").resize(rng.randint(1, 6), {"default": rng.randint(1, 4)})
        good, back = ended(caller, sent)
        assert back == []
        assert Counter(good) == Counter((number % KEYS, number) for number in range(sent))
        for seen in (handler.worked, handler.batched):
            assert in_order(seen)
            assert len(seen) == sent


@pytest.mark.parametrize("seed", range(4))
def test_stages_that_die_in_between_lose_and_double_nothing(seed: int) -> None:
    rng, handler, caller = random.Random(seed), Noting(), Caller()
    with mails(handler, batchers=BATCHERS) as run:
        pipeline, sent = Pipeline(run.system, "/mails"), 0
        for _ in range(6):
            push_when_there(run, caller, range(sent, sent + 50))
            sent += 50
            thread = threading.Thread(
                target=resized, args=(pipeline, rng.randint(1, 5), rng.randint(1, 3)), daemon=True
            )
            thread.start()
            kill(run, rng.choice(pipeline.topology().stages))
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()
        pipeline.stop()
        good, back = ended(caller, sent)
        assert Counter(good + back) == Counter((number % KEYS, number) for number in range(sent))
        assert in_order(good)
        assert caller.inbox.nothing_more()


def push_when_there(run: Running, caller: Caller, numbers: Sequence[int]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if run.system.registry.running(PRODUCER) is not None:
            break
        pause.wait(0.01)
    push(run, caller, numbers)


def kill(run: Running, path: str) -> None:
    victim = run.system.registry.running(path)
    if victim is not None and victim.request_stop(Crashed(RuntimeError("test"))):
        assert victim.actor_stopped.wait(PATIENCE_SECONDS)


def resized(pipeline: Pipeline, processors: int, workers: int) -> None:
    pipeline.resize(processors, {"default": workers}, timeout=10.0)


def test_what_takes_too_long_changes_nothing_and_holds_nobody_up() -> None:
    handler, caller = Noting(), Caller()
    handler.holds.add((1, 1))
    with mails(handler) as run:
        pipeline = Pipeline(run.system, "/mails")
        push(run, caller, range(20))
        assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        with pytest.raises(StillWorking, match="processor-2"):
            pipeline.resize(5, timeout=0.1)
        assert len(pipeline.topology().processors) == 2
        assert len(run.system.tree.children("/mails/processors")) == 2
        handler.gate.set()
        ended(caller, 20)
        assert in_order(handler.worked)
        pipeline.resize(5)
        push(run, caller, range(20, 60))
        ended(caller, 40)
        assert len(run.system.tree.children("/mails/processors")) == 5


def test_no_message_reaches_a_new_owner_before_the_old_one_is_done() -> None:
    handler, caller = Noting(), Caller()
    handler.holds.add((2, 2))  # of three processors the last has it; of two it would be the first
    with mails(handler, processors={"concurrency": 3, "max_demand": 1, "min_demand": 0}) as run:
        push(run, caller, [2, 2 + KEYS])
        assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        thread = threading.Thread(target=Pipeline(run.system, "/mails").resize, args=(2,), daemon=True)
        thread.start()
        push(run, caller, [0])
        assert handler.worked == []
        handler.gate.set()
        thread.join(PATIENCE_SECONDS)
        ended(caller, 3)
        assert in_order(handler.worked)
        assert [row.id for row in run.system.tree.children("/mails/processors")] == ["processor-1", "processor-2"]


def test_a_batcher_that_dies_while_its_partitions_are_handed_over_comes_back_and_they_are() -> None:
    handler, caller = Noting(), Caller()
    handler.holds.add(("batch", 1, 1))
    one = {"default": {"batch_size": 1, "concurrency": 2}}
    with mails(handler, batchers=one) as run:
        push(run, caller, [1])
        assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        pipeline = Pipeline(run.system, "/mails")
        thread = threading.Thread(target=pipeline.resize, args=(None, {"default": 3}), daemon=True)
        thread.start()
        batcher = run.system.registry.running("/mails/batchers/default/batcher")
        assert batcher is not None
        batcher.request_stop(Crashed(RuntimeError("test")))
        handler.gate.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
        ended(caller, 1)
        push(run, caller, range(20, 40))
        ended(caller, 20)
        assert len(run.system.tree.children("/mails/batchers/default/batch-processors")) == 3
        assert in_order(handler.batched)


@pytest.mark.parametrize("layer", ["processors", "batch processors"])
def test_a_stop_ends_the_handover_and_drains(layer: str) -> None:
    handler, caller = Noting(), Caller()
    handler.holds.add((1, 1) if layer == "processors" else ("batch", 1, 1))
    with mails(handler, batchers={"default": {"batch_size": 1, "concurrency": 2}}) as run:
        push(run, caller, range(20))
        assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        pipeline, refused = Pipeline(run.system, "/mails"), []

        def resize() -> None:
            with pytest.raises(NotRunning) as caught:
                pipeline.resize(*((3, {}) if layer == "processors" else (None, {"default": 3})))
            refused.append(caught)

        thread = threading.Thread(target=resize, daemon=True)
        plan = pipeline.plan()
        thread.start()
        pause = threading.Event()
        while not plan.handovers:
            pause.wait(0.005)
        stopping = threading.Thread(target=pipeline.stop, daemon=True)
        stopping.start()
        assert plan.draining.wait(PATIENCE_SECONDS)
        handler.gate.set()
        stopping.join(PATIENCE_SECONDS)
        thread.join(PATIENCE_SECONDS)
        good, back = ended(caller, 20)
        assert (sorted(good), back) == (sorted((number % KEYS, number) for number in range(20)), [])
        assert in_order(handler.worked)
        assert len(refused) == 1


def test_a_pipeline_that_is_started_anew_is_left_as_it_is() -> None:
    handler, caller = Noting(), Caller()
    handler.holds.add((1, 1))
    with mails(handler) as run:
        push(run, caller, [1])
        assert handler.inside.acquire(timeout=PATIENCE_SECONDS)
        pipeline = Pipeline(run.system, "/mails")
        plan, refused = pipeline.plan(), threading.Event()

        def resize() -> None:
            with pytest.raises(NotRunning):
                pipeline.resize(4)
            refused.set()

        threading.Thread(target=resize, daemon=True).start()
        pause = threading.Event()
        while not plan.handovers:
            pause.wait(0.005)
        before = run.system.whereis("/mails")
        kill_soon = run.system.registry.running("/mails")
        assert kill_soon is not None
        kill_soon.request_stop(Crashed(RuntimeError("test")))
        while (status := run.system.whereis("/mails")) is not None and status == before:
            pause.wait(0.005)
        handler.gate.set()
        assert refused.wait(PATIENCE_SECONDS)
        for _ in range(1000):
            if run.system.registry.running("/mails/processors/processor-2") is not None:
                break
            pause.wait(0.01)
        assert len(pipeline.topology().processors) == 2
        ended(caller, 1)
