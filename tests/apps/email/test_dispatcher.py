"""One dispatcher with a real database, a consumer that notes settlements, and senders that do what the test says."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from actors.broker import Ack, Deliveries, Delivery, Message, Nack, Reject, Tag
from actors.database import Database
from actors.smtp import Handover, HandoverResult, HandoverStarted, Outcome, SenderReady, Verdict
from actors.smtp.replies import Reply
from apps.email import ledger
from apps.email.dispatcher import Dispatcher
from apps.email.jobs import Job, key_of
from apps.email.ledger import Claim
from apps.email.rulebook import shadows
from apps.email.rulebook.terms import Terms
from apps.email.states import State
from apps.email.trace import Trace
from supervision import Actor, ChildSpec, ChildStarted, FaultRule, RestartChild, Suspend, TerminateChild
from supervision.config import check
from supervision.testing import Inbox, Probe, running

CONSUMER, SENDER, DISPATCHER = "/consumer", "/sender", "/dispatcher"


class Sender(Actor):
    """Announces itself like a real one and leaves every batch to the test."""

    def __init__(self, inbox):
        super().__init__()
        self.inbox = inbox

    def on_start(self):
        self.send_after(0, "announce")

    def on_receive(self, message):
        match message:
            case "announce":
                self.cast(DISPATCHER, SenderReady(self.context.path, self.context.incarnation))
            case Handover():
                self.inbox.put(message)


def job(number, mail_class="transactional", **fields):
    address = f"person-{number}@example.org"
    given = {
        "key": key_of("/test", str(number), "password_reset", address),
        "event_type": "password_reset",
        "event_source": "/test",
        "event_id": str(number),
        "template": "password_reset",
        "mail_class": mail_class,
        "person": address,
        "address": address,
        "data": {"link": f"https://example.org/r/{number}"},
    }
    return Job(**{**given, **fields})


class Lane:
    """A dispatcher and everybody around it."""

    def __init__(self, world, settled, handed, counts):
        self.world, self.settled, self.handed, self.counts = world, settled, handed, counts
        self.database = Database(world.system)
        self.tags = 0

    def deliver(self, *jobs, redelivered=False):
        deliveries = []
        for entry in jobs:
            self.tags += 1
            body = entry if isinstance(entry, bytes) else entry.to_json()
            deliveries.append(Delivery(Tag(1, self.tags), Message(body), "q", redelivered, int(redelivered)))
        self.world.system.address(DISPATCHER).cast(Deliveries(CONSUMER, tuple(deliveries)))
        return [delivery.tag for delivery in deliveries]

    def answer(self, batch, outcome, code=None, enhanced=None):
        reply = None if code is None else Reply(code, enhanced, ("said the server",))
        verdicts = tuple(Verdict(envelope.key, outcome, reply, "said the server") for envelope in batch.envelopes)
        self.world.system.address(DISPATCHER).cast(HandoverStarted(batch.batch_id, SENDER))
        self.world.system.address(DISPATCHER).cast(HandoverResult(batch.batch_id, SENDER, verdicts))

    def entry(self, entry):
        with self.database.read() as conn:
            return ledger.look_up(conn, [entry.key]).get(entry.key)

    def crash(self, path):
        self.world.system.faults.enabled = True
        self.world.system.faults.add(FaultRule("crash", path))


@pytest.fixture
def lane(tmp_path, request):
    fields = getattr(request, "param", {})
    mail_class = fields.get("mail_class", "transactional")
    email = {"window": 5, "retry": {"max_attempts": 2}, "mta": fields.get("mta", {})}
    apps = ["actors.database", "actors.pipeline.rates", "apps.people", "apps.email"]
    settings = check({"apps": apps, "database": {"health_interval_seconds": 60}, "email": email}, tmp_path)
    settled, handed, counts = Inbox(), Inbox(), Counter()
    children = [
        settings.app("database").load("supervisor")(settings),
        ChildSpec(id="consumer", actor=Probe, args=(settled,)),
        ChildSpec(id="dispatcher", actor=Dispatcher, args=(settings.section("email"), mail_class, counts)),
        ChildSpec(id="sender", actor=Sender, args=(handed,)),
    ]
    with running(*children, intensity=50) as world:
        world.wait_state("/database/pool", "running")
        yield Lane(world, settled, handed, counts)


bulk = pytest.mark.parametrize("lane", [{"mail_class": "bulk"}], indirect=True)


def test_a_mail_is_claimed_before_the_hand_over_and_acknowledged_after_the_settlement(lane):
    (tag,) = lane.deliver(job(1))
    batch = lane.handed.expect(Handover)
    assert lane.entry(job(1)).state is State.CLAIMED and lane.settled.nothing_more()
    lane.answer(batch, Outcome.ACCEPTED, 250)
    assert lane.settled.expect(Ack).tags == (tag,)
    entry = lane.entry(job(1))
    assert (entry.state, entry.code, entry.attempts, entry.doubts) == (State.HANDED, 250, 1, 0)
    assert [step["step"] for step in entry.trace.steps] == ["suppression", "preference", "locale", "reply"]
    assert +lane.counts == {State.HANDED: 1}


def test_a_batch_holds_at_most_a_window_and_a_sender_at_most_a_batch(lane):
    lane.deliver(*(job(number) for number in range(12)))
    sizes = []
    for _ in range(3):
        batch = lane.handed.expect(Handover)
        assert lane.handed.nothing_more()
        sizes.append(len(batch.envelopes))
        lane.answer(batch, Outcome.ACCEPTED, 250)
    assert sizes == [5, 5, 2]


def test_the_same_job_twice_is_one_mail(lane):
    tags = lane.deliver(job(1), job(1))
    assert lane.settled.expect(Ack).tags == (tags[1],)
    batch = lane.handed.expect(Handover)
    late = lane.deliver(job(1))  # while it is on the wire
    lane.answer(batch, Outcome.ACCEPTED, 250)
    acked = {lane.settled.expect(Ack).tags, lane.settled.expect(Ack).tags}
    assert acked == {(tags[0],), (late[0],)}
    lane.deliver(job(1))  # and long after
    lane.settled.expect(Ack)
    assert lane.handed.nothing_more()


def test_a_refused_mail_has_failed_and_a_deferred_one_comes_back_later_until_it_is_given_up(lane):
    lane.deliver(job(1), job(2))
    batch = lane.handed.expect(Handover)
    verdicts = (
        Verdict(batch.envelopes[0].key, Outcome.REFUSED, Reply(550, "5.1.1", ("no such user",)), "no such user"),
        Verdict(batch.envelopes[1].key, Outcome.DEFERRED, Reply(451, "4.7.1", ("slow down",)), "slow down"),
    )
    lane.world.system.address(DISPATCHER).cast(HandoverResult(batch.batch_id, SENDER, verdicts))
    nack = lane.settled.expect(Nack)
    assert nack.requeue and nack.delay_seconds == 30.0
    assert lane.settled.expect(Ack)
    failed, deferred = lane.entry(job(1)), lane.entry(job(2))
    assert (failed.state, failed.code, failed.enhanced, failed.reason) == (State.FAILED, 550, "5.1.1", "no such user")
    assert (deferred.state, deferred.code) == (State.DEFERRED, 451)
    lane.deliver(job(2))
    lane.answer(lane.handed.expect(Handover), Outcome.DEFERRED, 451)
    lane.settled.expect(Ack)
    assert lane.entry(job(2)).reason.startswith("given up after 2 attempts")


def test_a_sender_that_dies_before_it_began_costs_nothing(lane):
    (tag,) = lane.deliver(job(1))
    lane.handed.expect(Handover)
    lane.crash(SENDER)
    lane.answer(lane.handed.expect(Handover), Outcome.ACCEPTED, 250)
    assert lane.settled.expect(Ack).tags == (tag,)
    entry = lane.entry(job(1))
    assert entry.state is State.HANDED and entry.doubts == 0


def test_a_sender_that_dies_in_the_middle_leaves_a_transactional_mail_in_doubt_and_it_is_sent_again(lane):
    lane.deliver(job(1))
    batch = lane.handed.expect(Handover)
    lane.world.system.address(DISPATCHER).cast(HandoverStarted(batch.batch_id, SENDER))
    lane.crash(SENDER)
    lane.answer(lane.handed.expect(Handover), Outcome.ACCEPTED, 250)
    lane.settled.expect(Ack)
    entry = lane.entry(job(1))
    assert (entry.state, entry.doubts, entry.attempts) == (State.HANDED, 1, 2)
    assert +lane.counts == {State.IN_DOUBT: 1, State.HANDED: 1}


@bulk
def test_a_bulk_mail_in_doubt_is_not_sent_again(lane):
    (tag,) = lane.deliver(job(1, "bulk"))
    batch = lane.handed.expect(Handover)
    lane.world.system.address(DISPATCHER).cast(HandoverStarted(batch.batch_id, SENDER))
    lane.crash(SENDER)
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.entry(job(1)).state is State.IN_DOUBT
    lane.deliver(job(1, "bulk"))
    lane.settled.expect(Ack)
    assert lane.handed.nothing_more()


def test_an_answer_of_a_sender_that_died_right_after_it_counts(lane):
    """The sender's `Down` overtakes its answer in the mailbox; it must not overtake it in the books."""
    lane.deliver(job(1))
    batch = lane.handed.expect(Handover)
    lane.answer(batch, Outcome.ACCEPTED, 250)
    lane.crash(SENDER)
    lane.settled.expect(Ack)
    assert lane.entry(job(1)).state is State.HANDED and lane.entry(job(1)).doubts == 0
    assert lane.handed.nothing_more()


def test_a_new_dispatcher_finds_the_claims_of_the_old_one_in_doubt(lane):
    lane.deliver(job(1))
    lane.handed.expect(Handover)
    lane.crash(DISPATCHER)
    lane.world.events.expect(ChildStarted, lambda event: event.path == DISPATCHER and event.restarts == 1)
    lane.crash(SENDER)  # and announces itself again
    lane.deliver(job(1), redelivered=True)  # as the consumer does when its subscriber died
    lane.answer(lane.handed.expect(Handover), Outcome.ACCEPTED, 250)
    lane.settled.expect(Ack)
    assert lane.entry(job(1)).doubts == 1


def test_a_second_copy_of_what_another_dispatcher_has_on_its_way_is_done(lane):
    with lane.database.begin() as conn:
        ledger.claim(conn, [Claim(job(1), "<m>", "en", Trace())], "somebody else", 1.0)
    (tag,) = lane.deliver(job(1))
    assert lane.settled.expect(Ack).tags == (tag,)
    entry = lane.entry(job(1))
    assert (entry.state, entry.claimed_by, entry.doubts) == (State.CLAIMED, "somebody else", 0)
    assert lane.handed.nothing_more()


def test_a_claim_of_somebody_gone_is_doubted(lane):
    with lane.database.begin() as conn:
        ledger.claim(conn, [Claim(job(1), "<m>", "en", Trace())], "somebody else", 1.0)
    lane.deliver(job(1), redelivered=True)
    lane.answer(lane.handed.expect(Handover), Outcome.ACCEPTED, 250)
    lane.settled.expect(Ack)
    assert lane.entry(job(1)).doubts == 1


def test_what_cannot_be_made_is_dead_lettered_with_its_reason_and_its_neighbours_go_out(lane):
    tags = lane.deliver(job(1, data={}), b"not a job", job(2))
    reasons = {}
    for _ in range(2):
        rejected = lane.settled.expect(Reject)
        reasons[rejected.tags[0]] = rejected.reason
    assert "needs 'link'" in reasons[tags[0]] and "not a job" in reasons[tags[1]]
    batch = lane.handed.expect(Handover)
    assert [envelope.key for envelope in batch.envelopes] == [job(2).key]
    entry = lane.entry(job(1))
    assert entry.state is State.FAILED and "needs 'link'" in entry.reason


def test_with_the_database_away_nothing_is_handed_over_nor_acknowledged_and_it_goes_on_when_it_is_back(lane):
    supervisor = lane.world.system.address("/database")
    supervisor.call(TerminateChild("pool"))
    (tag,) = lane.deliver(job(1))
    lane.world.wait_state(DISPATCHER, "running")
    assert lane.world.system.address(DISPATCHER).call("what?") is None  # it lives, and has looked at the job by now
    assert lane.handed.nothing_more() and lane.settled.nothing_more()

    supervisor.call(RestartChild("pool"))
    lane.answer(lane.handed.expect(Handover), Outcome.ACCEPTED, 250)
    assert lane.settled.expect(Ack).tags == (tag,)


def test_an_answer_that_comes_while_the_database_is_away_is_settled_when_it_is_back(lane):

    (tag,) = lane.deliver(job(1))
    batch = lane.handed.expect(Handover)
    lane.world.system.address("/database").call(TerminateChild("pool"))
    lane.answer(batch, Outcome.ACCEPTED, 250)
    lane.world.system.address(DISPATCHER).call("what?")
    assert lane.settled.nothing_more()
    lane.world.system.address("/database").call(RestartChild("pool"))
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.entry(job(1)).state is State.HANDED


def test_an_ordered_stop_hears_the_last_answers_and_gives_back_the_rest(lane):
    lane.deliver(*(job(number) for number in range(5)))
    batch = lane.handed.expect(Handover)
    lane.world.system.registry.running(DISPATCHER).actor_inbox.put_system(Suspend())  # so the answer waits in the queue
    lane.answer(batch, Outcome.ACCEPTED, 250)
    root = lane.world.system.address("/")
    root.call(TerminateChild("sender"))
    root.call(TerminateChild("dispatcher"))
    assert {lane.entry(job(number)).state for number in range(5)} == {State.HANDED}
    assert len(lane.settled.expect(Ack).tags) == 5


def test_an_ordered_stop_leaves_what_no_sender_began_unclaimed(lane):
    lane.deliver(job(1))
    lane.handed.expect(Handover)
    root = lane.world.system.address("/")
    root.call(TerminateChild("sender"))
    root.call(TerminateChild("dispatcher"))
    assert lane.entry(job(1)).state is State.DEFERRED and lane.entry(job(1)).doubts == 0


def test_what_the_rule_says_no_to_is_skipped_with_its_reason_and_acknowledged(lane):
    outside = job(1, terms=Terms(outside="place 0.7, share 0.5").to_dict())
    late = job(2, terms=Terms(expires_at=1.0).to_dict())
    tags = lane.deliver(outside, late, job(3))
    assert [envelope.key for envelope in lane.handed.expect(Handover).envelopes] == [job(3).key]
    assert {lane.settled.expect(Ack).tags for _ in range(2)} == {(tags[0],), (tags[1],)}
    assert (lane.entry(outside).state, lane.entry(outside).reason) == (
        State.SKIPPED,
        "rollout: place 0.7, share 0.5",
    )
    assert lane.entry(late).reason.startswith("too late")
    assert lane.counts[State.SKIPPED] == 2


def test_a_mail_out_of_its_hours_waits_in_the_queue_until_they_begin(lane):
    now = lane.world.system.clock.time()
    opens, closes = (f"{datetime.fromtimestamp(now + hours * 3600, UTC):%H:%M}" for hours in (2, 3))
    waiting = job(1, terms=Terms(opens=opens, closes=closes).to_dict())
    (tag,) = lane.deliver(waiting)
    nack = lane.settled.expect(Nack)
    assert nack.tags == (tag,) and 3600 < nack.delay_seconds <= 7200
    entry = lane.entry(waiting)
    assert (entry.state, entry.attempts) == (State.DEFERRED, 0) and entry.reason.startswith("waits for")
    at_once = job(1)  # as if its hours had come
    lane.deliver(at_once, redelivered=True)
    assert len(lane.handed.expect(Handover).envelopes) == 1
    assert lane.entry(waiting).attempts == 1


def test_a_mail_in_the_shadow_is_rendered_kept_and_not_handed_over(lane):
    shadow = job(1, terms=Terms(shadow=True).to_dict())
    (tag,) = lane.deliver(shadow)
    assert lane.settled.expect(Ack).tags == (tag,)
    entry = lane.entry(shadow)
    assert (entry.state, entry.reason) == (State.SKIPPED, "shadow: rendered and kept")
    with lane.database.read() as conn:
        kept = shadows.find(conn, shadow.key)
        (line,) = shadows.summed(conn)
    assert kept is not None
    assert b"person-1@example.org" in kept
    compared = "nothing to compare it with: no other rule writes to this person about this event"
    step = {"step": "shadow", "bytes": len(kept), "digest": shadows.digest(kept), "compared": [compared]}
    assert step in entry.trace.steps
    assert (line["alone"], line["same"], line["different"]) == (1, 0, 0)
    assert lane.handed.nothing_more()


def test_a_cap_is_kept_within_a_batch_and_against_what_was_sent(lane):
    fields = {"rule": "r", "topic": "t", "person": "ada", "terms": Terms(cap=2, cap_seconds=3600.0).to_dict()}
    lane.deliver(*(job(number, **fields) for number in range(3)))
    lane.answer(lane.handed.expect(Handover), Outcome.ACCEPTED, 250)
    for _ in range(2):
        lane.settled.expect(Ack)
    lane.deliver(job(3, **fields))
    lane.settled.expect(Ack)
    states = [lane.entry(job(number)).state for number in range(4)]
    assert states == [State.HANDED, State.HANDED, State.SKIPPED, State.SKIPPED]
    assert lane.entry(job(3)).reason.startswith("cap: 2 of 2")
