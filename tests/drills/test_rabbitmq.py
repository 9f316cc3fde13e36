"""What happens to RabbitMQ and to the way there, while events flow: nothing accepted is lost, no hand is needed."""

import threading
from functools import partial
from pathlib import Path

import pytest

from tests.drills.servers import missing, reasons, site_on, survive
from tests.drills.site import Site, eventually
from tests.servers.rabbitmq import OwnRabbit
from tests.servers.relay import relay

pytestmark = pytest.mark.timeout(180)

#: The outage that the root must sit out: an upgrade, or a machine that is started again.
OUTAGE_SECONDS = 60.0


def name_of(vhost: str) -> str:
    return vhost.rpartition("/")[2]


def says_what_is_missing(here: Site) -> None:
    """The root is alive, and both /readyz and the tree name the broker."""
    assert "127.0.0.1" in eventually(lambda: missing(here).get("broker"), 20.0, "the broker is missed")
    assert here.get("/healthz").status_code == 200
    assert here.rows()["/"]["restarts"] == 0
    assert here.rows()["/broker/publisher"]["state"] in ("backoff", "starting")


def test_kill_9(tmp_path: Path, own_rabbit: OwnRabbit) -> None:
    with site_on(tmp_path / "home", own_rabbit.url, None) as here:

        def fault() -> None:
            own_rabbit.write_names()
            own_rabbit.kill()
            says_what_is_missing(here)
            own_rabbit.start()

        survive(here, fault)
        assert "Unavailable" in reasons(here, "/broker/publisher")
        assert "Unavailable" in reasons(here, "/transactional/consumer")
        assert here.stop() == 0


def test_a_restart_that_takes_a_minute(tmp_path: Path, own_rabbit: OwnRabbit) -> None:
    with site_on(tmp_path / "home", own_rabbit.url, None) as here:

        def fault() -> None:
            own_rabbit.stop()
            says_what_is_missing(here)
            threading.Event().wait(OUTAGE_SECONDS)
            says_what_is_missing(here)
            own_rabbit.start()

        survive(here, fault, seconds=120.0)
        assert here.rows()["/"]["incarnation"] == 1
        assert here.stop() == 0


def test_all_connections_closed_by_an_operator(tmp_path: Path, rabbit: OwnRabbit, vhost: str) -> None:
    with site_on(tmp_path / "home", vhost, None) as here:
        survive(here, lambda: rabbit.close_all_connections(name_of(vhost)))
        assert "CONNECTION_FORCED" in reasons(here, "/broker/publisher")
        assert "CONNECTION_FORCED" in reasons(here, "/consumer")
        assert here.stop() == 0


def test_a_connection_that_goes_silent(tmp_path: Path, rabbit: OwnRabbit, vhost: str) -> None:
    with relay(rabbit.port) as way, site_on(tmp_path / "home", way.url(vhost), None) as here:

        def fault() -> None:
            way.silence()
            says_what_is_missing(here)
            way.resume()

        survive(here, fault)
        assert "Unavailable" in reasons(here, "/consumer")
        assert here.stop() == 0


def test_connections_that_are_cut_again_and_again(tmp_path: Path, rabbit: OwnRabbit, vhost: str) -> None:
    with relay(rabbit.port) as way, site_on(tmp_path / "home", way.url(vhost), None) as here:

        def fault() -> None:
            for _ in range(3):
                eventually(way.cut, 20.0, "connections to cut")
                threading.Event().wait(0.5)

        survive(here, fault)
        assert "Unavailable" in reasons(here, "/consumer")
        assert here.stop() == 0


def test_a_memory_alarm(tmp_path: Path, rabbit: OwnRabbit, vhost: str) -> None:
    with site_on(tmp_path / "home", vhost, None, "broker.blocked_timeout_seconds=1") as here:

        def fault() -> None:
            rabbit.raise_memory_alarm()
            eventually(
                lambda: "low on memory" in reasons(here, "/broker/publisher"), 20.0, "the publisher gave up waiting"
            )
            assert here.get("/healthz").status_code == 200
            rabbit.clear_memory_alarm()

        try:
            survive(here, fault)
        finally:
            rabbit.clear_memory_alarm()
        assert here.stop() == 0


def all_read(here: Site, queue: str) -> bool:
    """Whether a consumer of each node reads it."""
    consumers = next(int(one["consumers"]) for one in here.ask("broker.queues") if one["name"] == queue)
    return consumers == sum(path.count("/") == 2 for path in here.rows() if path.startswith("/nodes/"))


def test_a_queue_deleted_under_its_consumer(tmp_path: Path, rabbit: OwnRabbit, vhost: str) -> None:
    """What was in it is gone with it, by an operator's order; what comes later finds a new one."""
    with site_on(tmp_path / "home", vhost, None) as here:
        for queue in ("email.transactional", "email.events"):
            eventually(partial(all_read, here, queue), 20.0, f"all nodes read {queue}")
            rabbit.delete_queue(queue, name_of(vhost))
        survive(here, lambda: None)
        assert "Unavailable" in reasons(here, "/transactional/consumer")
        assert here.stop() == 0
