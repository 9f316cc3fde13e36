"""The broker goes and comes; what was confirmed arrives, in its order, and nobody has to help."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actors.broker import Confirmed, Message, NotConfirmed, Publish, Unavailable, Unroutable
from actors.broker.outbox.actor import FORWARDER
from actors.broker.port import PUBLISHER
from supervision import ChildExited, FaultRule, State
from tests.actors.broker.outbox.world import QUEUE, REFUSED, World, message, world
from tests.conftest import CHECKOUT


def test_while_the_broker_works_messages_pass_through(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        assert here.publish("a", "b") == Confirmed(2)
        assert (here.arrived(), here.waiting()) == (["a", "b"], [])
        with pytest.raises(Unroutable):
            here.broker.publish([Message(b"c", "nowhere")])


def test_while_it_is_away_they_are_stored_and_go_first_when_it_is_back(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        for number in range(20):
            assert here.publish(str(number)) == Confirmed(1, stored=True)
        assert here.waiting() == [str(number) for number in range(20)]
        here.come_back()
        number = 20
        while here.publish(str(number)).stored:  # newer ones, all the time
            number += 1
        here.until(lambda: not here.waiting())
        assert here.arrived() == [str(one) for one in range(number + 1)]


def test_what_was_on_its_way_when_it_went_is_stored_not_refused(tmp_path: Path) -> None:
    with world(tmp_path) as here, ThreadPoolExecutor(8) as threads:
        here.weather.gate.clear()
        calls = [threads.submit(here.publish, str(number)) for number in range(8)]
        assert here.weather.publishing.wait(10)
        here.go_away()
        here.weather.gate.set()
        assert {call.result(20).stored for call in calls} == {True}
        here.come_back()
        here.until(lambda: len(here.arrived()) == 8)
        assert sorted(here.arrived()) == [str(number) for number in range(8)]


def test_an_unconfirmed_publish_arrives_twice_rather_than_never(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        here.weather.unconfirmed = 1
        assert here.publish("a").stored
        here.until(lambda: here.arrived() == ["a", "a"] and not here.waiting())


def test_a_full_outbox_says_so_and_has_room_again_later(tmp_path: Path) -> None:
    with world(tmp_path, max_bytes=2**20, away=True) as here:
        stored = 0
        with pytest.raises(Unavailable) as caught:
            while True:
                stored += here.publish(b"x" * 100_000).count
        assert 3 <= stored <= 10
        assert f"the outbox is full: {stored} messages" in str(caught.value)
        assert not caught.value.may_have_happened
        assert (tmp_path / "outbox.sqlite").stat().st_size <= 2**20
        here.come_back()
        here.until(lambda: len(here.arrived()) == stored and not here.waiting())
        here.go_away()
        assert here.publish(b"x" * 100_000).count == 1


def test_a_message_that_the_broker_never_takes_does_not_hold_up_the_others(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        here.publish("a", REFUSED, "b")
        here.publish("c")
        here.come_back()
        here.until(lambda: here.arrived() == ["a", "b", "c"] and not here.waiting())
        dead = here.outbox.peek("dead-letters", 10, 100)
        assert [one.message.body for one in dead] == [REFUSED]


def test_what_a_message_carries_survives_the_wait(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        here.publish("a", headers={"n": 1}, correlation_id="c", reply_to="r", type="t", message_id="m")
        here.publish("later", delay_seconds=1000.0)
        here.come_back()
        here.until(lambda: len(here.arrived()) == 2)
        (first, _) = here.engine.peek(QUEUE, 10, 100)
        one = first.message
        assert (dict(one.headers), one.correlation_id, one.reply_to, one.type) == ({"n": 1}, "c", "r", "t")
        assert one.timestamp > 0
        status = next(status for status in here.engine.statuses() if status.name == QUEUE)
        assert (status.ready, status.delayed) == (1, 1)


def test_a_crash_of_the_outbox_loses_nothing_that_waits(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        here.publish("a")
        here.app.system.faults.enabled = True
        here.app.system.faults.add(FaultRule(kind="crash", pattern=PUBLISHER))
        here.app.events.expect(ChildExited, lambda event: event.path == PUBLISHER)
        here.app.wait_state(PUBLISHER, State.RUNNING, restarts=1)
        here.publish("b")
        here.come_back()
        here.until(lambda: here.arrived() == ["a", "b"] and not here.waiting())


def test_a_restart_of_the_broker_in_the_middle_of_forwarding(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        for start in range(0, 1000, 100):
            here.publish(*(str(number) for number in range(start, start + 100)))
        here.weather.unconfirmed = 1
        here.come_back()
        here.until(lambda: not here.waiting())
        assert in_order_once_each_but_repeats(here.arrived(), 1000)


def test_a_caller_by_cast_is_told_too(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        before = here.waiting()
        here.app.system.address(PUBLISHER).cast(Publish((message("a"),)))
        here.until(lambda: here.waiting() == [*before, "a"])


def test_a_confirmation_that_the_news_of_the_end_overtook_still_counts(tmp_path: Path) -> None:
    """The outbox is slow over the first one, so the second one's waits when the forwarder ends."""
    with world(tmp_path) as here, ThreadPoolExecutor(2) as threads:
        here.weather.gate.clear()
        calls = [threads.submit(here.publish, "a")]
        assert here.weather.publishing.wait(10)
        calls.append(threads.submit(here.publish, "b"))
        outbox = here.app.system.registry.running(PUBLISHER)
        here.until(lambda: outbox.inspect()["passing"] == 2)
        faults = here.app.system.faults
        faults.enabled = True
        faults.add(FaultRule(kind="slow", pattern=PUBLISHER, seconds=1.0, times=1))
        here.weather.gate.set()
        here.until(lambda: here.arrived() == ["a", "b"])
        faults.add(FaultRule(kind="crash", pattern=FORWARDER))
        here.app.system.address(FORWARDER).cast("anything")
        assert [call.result(20) for call in calls] == [Confirmed(1), Confirmed(1)]
        assert (here.arrived(), here.waiting()) == (["a", "b"], [])


def test_late_news_of_a_forwarder_that_is_gone_is_no_news_of_the_next(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        here.app.system.address(PUBLISHER).cast(NotConfirmed(Unavailable("the broker", "test"), ref=0))
        assert here.publish("a") == Confirmed(1)


def test_the_tree_shows_both(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        states = {row.path: str(row.state) for row in here.app.system.tree.rows()}
        assert (states[PUBLISHER], states[FORWARDER]) == ("running", "backoff")


def in_order_once_each_but_repeats(arrived: list[str], count: int) -> bool:
    """Every number is there, and whoever drops the repeats reads them in order."""
    first_seen = list(dict.fromkeys(int(body) for body in arrived))
    assert first_seen == list(range(count)), f"lost or out of order: {first_seen[:50]}"
    return True


def kill_after(folder: Path, first: int, lines: int) -> list[int]:
    """Run the program of `world`, kill -9 it after so many confirmations; all that it confirmed."""
    command = [sys.executable, "-m", "tests.actors.broker.outbox.world", str(folder), str(first)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        confirmed = [int(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        confirmed += [int(line) for line in process.stdout.read().split("\n") if line.strip()]
    return confirmed


def test_kill_9_at_any_step_loses_and_reorders_nothing(tmp_path: Path) -> None:
    """While it passes through, stores and forwards; the next life goes on where the last one ended."""
    confirmed: list[int] = []
    for lines in (25, 43, 61, 37):
        confirmed += kill_after(tmp_path, len(confirmed), lines)
        confirmed = list(range(len(confirmed)))
    with world(tmp_path) as here:
        here.until(lambda: not here.waiting())
        arrived = [int(body) for body in dict.fromkeys(here.arrived())]
        assert [number for number in arrived if number < len(confirmed)] == confirmed
        assert _repeats(here) < 4 * 200


def _repeats(here: World) -> int:
    arrived = here.arrived()
    return len(arrived) - len(set(arrived))


def test_what_is_not_persistent_does_not_wait(tmp_path: Path) -> None:
    with world(tmp_path, away=True) as here:
        with pytest.raises(Unavailable) as caught:
            here.publish("a", persistent=False)
        assert not caught.value.may_have_happened
        assert here.waiting() == []
        here.publish("b")
        here.come_back()
        here.until(lambda: not here.waiting())
        assert here.publish("c", persistent=False) == Confirmed(1)
        assert here.arrived() == ["b", "c"]


def test_what_is_not_persistent_and_was_on_its_way_may_have_happened(tmp_path: Path) -> None:
    with world(tmp_path) as here, ThreadPoolExecutor(1) as threads:
        here.weather.gate.clear()
        call = threads.submit(here.publish, "a", persistent=False)
        assert here.weather.publishing.wait(10)
        here.go_away()
        here.weather.gate.set()
        with pytest.raises(Unavailable) as caught:
            call.result(20)
        assert caught.value.may_have_happened
