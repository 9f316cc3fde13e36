import threading
import time
from pathlib import Path
from typing import Any

import pytest

from actors.smtp import (
    Envelope,
    Handover,
    HandoverResult,
    HandoverStarted,
    Outcome,
    SenderOptions,
    SenderReady,
    Timeouts,
    sender_spec,
)
from actors.smtp.errors import WrongUrl
from actors.smtp.metrics import SenderCollector
from actors.smtp.mta import store
from actors.smtp.mta.server import supervisor as mta_supervisor
from actors.smtp.sender import MTA_ADDRESS, Sender
from supervision import ChildAbandoned, ChildExited, ChildSpec, DeadLetter, FaultRule, Fenced
from supervision.testing import FakeClock, Inbox, Probe, Running, running
from tests.actors.smtp.mta.running import settings_for
from tests.actors.smtp.scripted import PATIENCE_SECONDS, Peer, Script, ScriptedServer, a_mail, scripted

A, D, R, K, U = Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.UNSENT
DISPATCHER, SENDER = "/dispatcher", "/sender"


class Office:
    """A dispatcher that only listens, and what it heard."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.spec = ChildSpec(id="dispatcher", actor=Probe, args=(self.inbox,))

    def hand_over(self, run: Running, *mails: Envelope, batch_id: str = "one", reply_to: str = DISPATCHER) -> None:
        run.system.address(SENDER).cast(Handover(batch_id, mails, reply_to))

    def outcomes(self, batch_id: str = "one") -> list[Outcome]:
        started = self.inbox.expect(HandoverStarted)
        result = self.inbox.expect(HandoverResult)
        assert started.batch_id == result.batch_id == batch_id
        assert started.sender == result.sender
        return [verdict.outcome for verdict in result.verdicts]


def sender_to(server: ScriptedServer, **options: Any) -> ChildSpec:
    return sender_spec("sender", server.url(), DISPATCHER, options=SenderOptions(**options))


def serves(mails: int) -> Script:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        for _ in range(mails):
            peer.take_mail()
        peer.hear("QUIT")
        peer.say("221 bye")

    return script


def test_it_says_that_it_is_ready_takes_batches_and_gives_verdicts() -> None:
    office = Office()
    with scripted(serves(3)) as server, running(office.spec, sender_to(server)) as run:
        ready = office.inbox.expect(SenderReady)
        status = run.system.whereis(SENDER)
        assert status is not None
        assert (ready.sender, ready.incarnation) == (SENDER, status.incarnation)
        office.hand_over(run, a_mail(1), a_mail(2))
        assert office.outcomes() == [A, A]
        office.hand_over(run, a_mail(3), a_mail(4, to=("not an address",)), batch_id="two")
        assert office.outcomes("two") == [A, R]
        counts = {sample.labels["outcome"]: sample.value for sample in _samples(run)}
        assert counts == {"accepted": 3, "refused": 1, "deferred": 0, "unknown": 0, "unsent": 0}


def _samples(run: Running) -> list[Any]:
    (family,) = SenderCollector(run.system).collect()
    assert {sample.labels["child"] for sample in family.samples} <= {SENDER}
    return list(family.samples)


def test_with_the_server_down_it_waits_and_recovers_alone(tmp_path: Path) -> None:
    """It is started before the server that it needs, and holds up nothing."""
    office = Office()
    sender = sender_spec("sender", "embedded:", DISPATCHER)
    with running(office.spec, sender) as run:
        event = run.events.expect(ChildExited, lambda event: event.path == SENDER)
        assert "embedded mail server is not running" in str(event.reason)
        assert not event.started
        with scripted(serves(1)) as server:
            run.system.facts[MTA_ADDRESS] = f"127.0.0.1:{server.port}"
            office.inbox.expect(SenderReady)
            office.hand_over(run, a_mail(1))
            assert office.outcomes() == [A]
            run.root.stop()
            assert run.root.wait(PATIENCE_SECONDS) is not None


def test_the_embedded_server_may_start_a_moment_later(tmp_path: Path) -> None:
    office = Office()
    mta = mta_supervisor(settings_for(tmp_path, {}))
    with running(office.spec, sender_spec("sender", "embedded:", DISPATCHER), mta) as run:
        ready = office.inbox.expect(SenderReady)
        row = run.system.tree.get(SENDER)
        assert row is not None
        assert (row.restarts, row.incarnation) == (0, ready.incarnation)


def test_a_lost_connection_is_reported_mail_by_mail_before_the_crash() -> None:
    def dies(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_mail()
        peer.take_opening()
        peer.hear_content()

    office = Office()
    with scripted(dies, serves(1)) as server, running(office.spec, sender_to(server)) as run:
        first = office.inbox.expect(SenderReady)
        office.hand_over(run, *[a_mail(number) for number in range(1, 5)])
        assert office.outcomes() == [A, K, U, U]
        event = run.events.expect(ChildExited, lambda event: event.path == SENDER)
        assert "the server closed the connection" in str(event.reason)
        second = office.inbox.expect(SenderReady)
        assert second.incarnation > first.incarnation
        office.hand_over(run, a_mail(3), batch_id="two")
        assert office.outcomes("two") == [A]
        counts = {sample.labels["outcome"]: sample.value for sample in _samples(run)}
        assert (counts["accepted"], counts["unknown"], counts["unsent"]) == (2, 1, 2)


@pytest.mark.parametrize("moment", ["greeting", "answer"])
def test_a_peer_that_hangs_is_broken_within_the_time_to_stop(moment: str) -> None:
    hangs = threading.Event()

    def script(peer: Peer) -> None:
        if moment == "answer":
            peer.greet("PIPELINING")
            peer.take_opening()
            peer.hear_content()
        hangs.set()
        peer.hear_the_end()

    office = Office()
    with scripted(script) as server:
        spec = sender_spec("sender", server.url(), DISPATCHER, shutdown=0.2)
        with running(office.spec, spec) as run:
            if moment == "answer":
                office.inbox.expect(SenderReady)
                office.hand_over(run, a_mail(1), a_mail(2))
            assert hangs.wait(PATIENCE_SECONDS)
            began = time.monotonic()
            run.root.stop()
            assert run.root.wait(PATIENCE_SECONDS) is not None
            assert time.monotonic() - began < 3
            if moment == "answer":
                office.inbox.expect(HandoverStarted)
        assert not any(isinstance(event, ChildAbandoned) for event in run.events.seen)


def test_a_dispatcher_that_starts_anew_is_told_again() -> None:
    office = Office()
    with scripted(serves(1)) as server, running(office.spec, sender_to(server)) as run:
        run.system.faults.enabled = True
        first = office.inbox.expect(SenderReady)
        run.system.faults.add(FaultRule("crash", DISPATCHER))
        run.events.expect(ChildExited, lambda event: event.path == DISPATCHER)
        assert office.inbox.expect(SenderReady) == first
        office.hand_over(run, a_mail(1))
        assert office.outcomes() == [A]


def test_a_dispatcher_that_comes_later_is_told_too() -> None:
    office = Office()
    with scripted(serves(0)) as server, running(sender_to(server), office.spec):
        office.inbox.expect(SenderReady)


def test_a_batch_whose_result_nobody_would_hear_is_not_sent() -> None:
    office = Office()
    with scripted(serves(1)) as server, running(office.spec, sender_to(server)) as run:
        office.inbox.expect(SenderReady)
        office.hand_over(run, a_mail(1), reply_to="/gone")
        run.events.expect(DeadLetter, lambda event: event.path == SENDER and event.message == "Handover")
        office.hand_over(run, a_mail(2))
        assert office.outcomes() == [A]


def test_a_batch_meant_for_another_incarnation_is_left_alone() -> None:
    office = Office()
    with scripted(serves(1)) as server, running(office.spec, sender_to(server)) as run:
        ready = office.inbox.expect(SenderReady)
        sender = run.system.address(SENDER)
        sender.cast(Handover("old", (a_mail(1),), DISPATCHER, ready.incarnation + 1))
        sender.cast(Handover("new", (a_mail(2),), DISPATCHER, ready.incarnation))
        assert office.outcomes("new") == [A]
        run.events.expect(DeadLetter, lambda event: "incarnation" in event.reason)


def test_a_crash_before_the_batch_says_nothing_of_a_start() -> None:
    """So that its dispatcher knows that the batch was not touched."""
    office = Office()
    with scripted(lambda peer: peer.greet(), serves(1)) as server, running(office.spec, sender_to(server)) as run:
        run.system.faults.enabled = True
        office.inbox.expect(SenderReady)
        run.system.faults.add(FaultRule("crash", SENDER, probability=1.0))
        office.hand_over(run, a_mail(1))
        run.events.expect(ChildExited, lambda event: event.path == SENDER)
        run.system.faults.clear()
        office.inbox.expect(SenderReady)
        assert not any(isinstance(heard, HandoverStarted) for heard in office.inbox.seen)
        office.hand_over(run, a_mail(1), batch_id="again")
        assert office.outcomes("again") == [A]


def test_an_abandoned_incarnation_sends_nothing() -> None:
    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        assert peer.hear_the_end() == b""

    office = Office()
    with scripted(script, serves(0)) as server, running(office.spec, sender_to(server)) as run:
        office.inbox.expect(SenderReady)
        actor = run.system.registry.running(SENDER)
        assert isinstance(actor, Sender)
        actor.context.fence.closed = True
        office.hand_over(run, a_mail(1))
        event = run.events.expect(ChildExited, lambda event: event.path == SENDER)
        assert Fenced.__name__ in str(event.reason)
        office.inbox.expect(SenderReady, lambda ready: ready.incarnation > actor.context.incarnation)
        assert not any(isinstance(heard, HandoverStarted) for heard in office.inbox.seen)


def test_an_idle_connection_is_kept_alive_and_in_the_end_given_up() -> None:
    beat = threading.Semaphore(0)

    def script(peer: Peer) -> None:
        peer.greet("PIPELINING")
        for _ in range(2):
            peer.hear("NOOP")
            peer.say("250 ok")
            beat.release()
        peer.hear("QUIT")
        peer.say("221 bye")
        beat.release()

    clock, office = FakeClock(), Office()
    with scripted(script, serves(1)) as server:
        spec = sender_to(server, noop_seconds=10.0, expire_seconds=30.0)
        with running(office.spec, spec, clock=clock) as run:
            clock.wait_for_timers(2)
            clock.advance(0)
            office.inbox.expect(SenderReady)
            for _ in range(3):
                clock.wait_for_timers(1)
                clock.advance(10)
                assert beat.acquire(timeout=PATIENCE_SECONDS)
            office.hand_over(run, a_mail(1))
            assert office.outcomes() == [A]


def test_an_idle_connection_that_was_lost_is_opened_again() -> None:
    def leaves(peer: Peer) -> None:
        peer.greet()
        peer.hear("NOOP")

    clock, office = FakeClock(), Office()
    with scripted(leaves, serves(1)) as server:
        spec = sender_to(server, noop_seconds=10.0)
        with running(office.spec, spec, clock=clock) as run:
            clock.wait_for_timers(2)
            clock.advance(10)
            ready = office.inbox.expect(SenderReady)
            clock.wait_for_timers(1)
            office.hand_over(run, a_mail(1))
            assert office.outcomes() == [A]
            status = run.system.whereis(SENDER)
            assert status is not None
            assert status.incarnation == ready.incarnation


def test_a_wrong_url_is_said_when_the_tree_is_drawn() -> None:
    with pytest.raises(WrongUrl):
        sender_spec("sender", "http://mail.example.org", DISPATCHER)


def test_no_password_in_what_is_shown_of_a_sender() -> None:
    assert "hunter2" not in repr(sender_spec("sender", "smtp://ada:hunter2@mail.example.org", DISPATCHER))


# --- everything at once ---


def test_two_thousand_mails_while_senders_and_server_crash(tmp_path: Path) -> None:
    """Each arrives once, but for those in doubt: at most one per connection that the server's crash cut.

    The test plays the dispatcher: what was never started or came back unsent goes out again, doubt goes into a list.
    """
    office = Office()
    names = ("one", "two", "three")
    options = SenderOptions(timeouts=Timeouts(open=5.0))
    senders = [sender_spec(name, "embedded:", DISPATCHER, options=options) for name in names]
    mta = mta_supervisor(settings_for(tmp_path, {"durable": False}))
    with running(mta, office.spec, *senders, intensity=100) as run:
        run.system.faults.enabled = True
        # By the same way as the senders' words, so that an end is heard after what was said before it.
        hear = run.system.address(DISPATCHER).cast
        run.system.events.subscribe(lambda event: hear(event) if isinstance(event, ChildExited) else None)
        desk = Desk(run, office, [a_mail(number) for number in range(2000)])
        for name in names:
            run.wait_state(f"/{name}", "running")
            run.system.faults.add(FaultRule("crash", f"/{name}", every=3, times=3))
        desk.work()
        assert desk.crashes >= 5
    copies = store.copies(store.store_path(tmp_path))
    arrived = {message_id.partition("@")[0].strip("<") for message_id in copies}
    assert set(copies.values()) == {1}
    assert desk.accepted <= arrived
    assert {str(number) for number in range(2000)} - arrived <= desk.doubted
    assert len(desk.doubted) <= len(names)


class Desk:
    """A small dispatcher in the test's own thread."""

    def __init__(self, run: Running, office: Office, mails: list[Envelope]) -> None:
        self.run = run
        self.office = office
        self.waiting = mails
        self.with_sender: dict[str, tuple[str, tuple[Envelope, ...]]] = {}
        self.started: set[str] = set()
        self.accepted: set[str] = set()
        self.doubted: set[str] = set()
        self.crashes = 0
        self.batches = 0

    def work(self) -> None:
        while self.waiting or self.with_sender:
            match self.office.inbox.expect(object):
                case SenderReady(sender):
                    self.give(sender)
                case HandoverStarted(batch_id):
                    self.started.add(batch_id)
                case HandoverResult() as result:
                    self.settle(result)
                    self.give(result.sender)
                case ChildExited(path=path):
                    self.crashes += 1
                    self.recover(path)
                    if self.crashes == 4:
                        self.run.system.faults.add(FaultRule("crash", "/mta/server"))

    def give(self, sender: str) -> None:
        if sender in self.with_sender or not self.waiting:
            return
        batch, self.waiting = tuple(self.waiting[:40]), self.waiting[40:]
        self.batches += 1
        self.with_sender[sender] = (str(self.batches), batch)
        try:
            self.run.system.address(sender).cast(Handover(str(self.batches), batch, DISPATCHER))
        except Exception:
            self.recover(sender)

    def settle(self, result: HandoverResult) -> None:
        batch_id, batch = self.with_sender.pop(result.sender)
        assert batch_id == result.batch_id
        for envelope, verdict in zip(batch, result.verdicts, strict=True):
            assert envelope.key == verdict.key
            if verdict.outcome is Outcome.ACCEPTED:
                self.accepted.add(envelope.key)
            elif verdict.outcome is Outcome.UNKNOWN:
                self.doubted.add(envelope.key)
            else:
                self.waiting.append(envelope)

    def recover(self, sender: str) -> None:
        batch_id, batch = self.with_sender.pop(sender, ("", ()))
        if batch_id in self.started:
            self.doubted |= {envelope.key for envelope in batch}
        else:
            self.waiting += batch
