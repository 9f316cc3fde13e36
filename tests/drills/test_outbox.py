"""A RabbitMQ that is killed under load, with an outbox on: whoever publishes does not notice, and nothing is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.broker import Broker, Message
from actors.broker.outbox.actor import FORWARDER
from actors.broker.port import PUBLISHER
from actors.broker.specs import engine_of, supervisor
from supervision import State
from supervision.config import check
from supervision.testing import Running, running
from tests.servers.rabbitmq import OwnRabbit

pytestmark = pytest.mark.timeout(150)

QUEUE = "dead-letters"  # the one queue that every engine declares
SENDERS = 3


class Senders:
    """Threads that publish, each its own numbers in order, and stop at the first refusal."""

    def __init__(self, app: Running) -> None:
        self.confirmed: dict[int, int] = dict.fromkeys(range(SENDERS), 0)
        self._broker = Broker(app.system)
        self._stop = threading.Event()

    def run(self, sender: int) -> None:
        while not self._stop.wait(0.002):
            body = f"{sender} {self.confirmed[sender]}".encode()
            assert self._broker.publish([Message(body, QUEUE)], timeout_seconds=60.0) == 1
            self.confirmed[sender] += 1

    def wait_for(self, more: int, seconds: float = 60.0) -> None:
        wanted = sum(self.confirmed.values()) + more
        pause = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if sum(self.confirmed.values()) >= wanted:
                return
            pause.wait(0.02)
        raise AssertionError(f"{self.confirmed} instead of {wanted}")

    def stop(self) -> None:
        self._stop.set()


def test_rabbitmq_killed_under_load_costs_no_message_and_no_order(tmp_path: Path, own_rabbit: OwnRabbit) -> None:
    settings = check(
        {"apps": ["actors.broker"], "broker": {"url": own_rabbit.url, "queue_type": "classic", "outbox": {}}},
        tmp_path,
    )
    with running(supervisor(settings)) as app, ThreadPoolExecutor(SENDERS) as threads:
        app.wait_state(FORWARDER, State.RUNNING, timeout=30)
        app.wait_state(PUBLISHER, State.RUNNING)
        senders = Senders(app)
        work = [threads.submit(senders.run, number) for number in range(SENDERS)]
        try:
            senders.wait_for(200)
            own_rabbit.kill()
            senders.wait_for(500)
            assert app.system.whereis(FORWARDER).state is not State.RUNNING
            own_rabbit.start()
            app.wait_state(FORWARDER, State.RUNNING, timeout=60)
            senders.wait_for(200)
        finally:
            senders.stop()
        for one in work:
            one.result(timeout=60)
        outbox = app.system.registry.running(PUBLISHER)
        pause = threading.Event()
        for _ in range(2000):
            if not outbox.stored:
                break
            pause.wait(0.02)
        assert outbox.stored == 0
        total = sum(senders.confirmed.values())
        found = [one.message.body.decode() for one in engine_of(settings).peek(QUEUE, 4 * total, 100)]
    for sender, count in senders.confirmed.items():
        own = [int(body.split()[1]) for body in dict.fromkeys(found) if body.startswith(f"{sender} ")]
        assert own[:count] == list(range(count))
