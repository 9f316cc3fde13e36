"""Every kind of actor crashes again and again while events flow: all mails arrive, each once unless it is in doubt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drills.flow import flowing, reset
from tests.drills.site import Site, eventually, site

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path / "home") as one:
        one.start()
        yield one


def restarts(here: Site, pattern: str) -> int:
    return sum(row["restarts"] for path, row in here.rows().items() if pattern in path and row["type"] == "worker")


def settled(here: Site, keys: set[str]) -> bool:
    return keys <= here.copies().keys()


def test_senders_that_crash_while_2000_events_flow(here: Site) -> None:
    with flowing(here, [reset(number) for number in range(2000)]) as flow:
        eventually(lambda: here.arrived() > 100, 20.0, "the first mails")
        print(here.output("fault", "add", "crash", "/email/**/sender*"))
        eventually(lambda: here.arrived() > 600, 30.0, "more mails")
        here.ask("fault.add", pattern="/email/**/sender*", every=3, times=3)
        keys = flow.wait()
    eventually(lambda: settled(here, keys), 30.0, "all mails in the outbox")
    assert len(keys) == 2000
    assert restarts(here, "/sender") >= 4
    assert here.copies() == dict.fromkeys(keys, 1)
    assert "InjectedFault: fault 1: crash" in here.output("tree")
    assert here.stop() == 0


#: Which actors crash, at every how many of their messages (None: at once, whatever they do), how often.
CASES = {
    "decider": ("/email/deciding/**/*processor-*", 2, 3),
    "consumers": ("/email/*/consumer", 5, 3),
    "dispatchers": ("/email/*/dispatcher", 5, 3),
    "publisher": ("/broker/publisher", 5, 3),
    "pool": ("/database/pool", None, 1),
    "mail server": ("/mta/server", None, 1),
    "web server": ("/web/server", None, 1),
}


@pytest.mark.parametrize("case", CASES)
def test_crashes_while_events_flow(here: Site, case: str) -> None:
    pattern, every, times = CASES[case]
    events = [reset(number) for number in range(400)]
    # The first half is there before the fault, the second comes after it: an early stage may be done with what it has
    # long before its mails are seen to arrive.
    with flowing(here, events[:200], batch=2) as flow:
        eventually(lambda: here.arrived() > 20, 20.0, "the first mails")
        added: dict[str, Any] = here.ask("fault.add", pattern=pattern, every=every, times=times)
        assert added["matches"], f"nobody at {pattern}"
        keys = flow.wait()
    with flowing(here, events[200:], batch=2) as flow:
        keys |= flow.wait()
    eventually(lambda: settled(here, keys), 40.0, "all mails in the outbox")
    assert len(keys) == 400
    (fault,) = here.ask("fault.list")
    assert sum(fault["struck"].values()) >= times
    copies = here.copies()
    assert copies.keys() == keys
    assert {key for key, count in copies.items() if count > 1} <= here.doubted()
    eventually(lambda: {row["state"] for row in here.rows().values()} == {"running"}, 20.0, "everybody up again")
    assert here.stop() == 0


def test_everything_crashes_at_every_message_for_a_while(here: Site) -> None:
    with flowing(here, [reset(number) for number in range(200)], batch=2) as flow:
        here.ask("fault.add", pattern="/**", every=1, times=None, duration_seconds=5.0)
        keys = flow.wait()
    eventually(lambda: settled(here, keys), 40.0, "all mails in the outbox")
    assert restarts(here, "/") >= 10
    assert here.rows()["/"]["incarnation"] == 1
    assert {key for key, count in here.copies().items() if count > 1} <= here.doubted()
    assert here.stop() == 0
