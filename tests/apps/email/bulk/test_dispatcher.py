"""One dispatcher of chunks with a real database, a consumer that notes settlements, and senders that obey the test."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from actors.broker import Ack, Deliveries, Delivery, Message, Reject, Tag
from actors.database import Database
from actors.smtp import Handover, HandoverResult, HandoverStarted, Outcome, SenderReady, Verdict
from actors.smtp.replies import Reply
from apps.email.bulk.dispatcher import ChunkDispatcher
from apps.email.campaign import mails, sends
from apps.email.campaign.chunk import chunk_of
from apps.email.campaign.mails import Claim
from apps.email.campaign.states import ChunkState, MailState, SendState
from apps.email.campaign.tables import CHUNKS, MAILS
from apps.people.preference import prefer
from apps.people.suppression import Why, suppress, suppressed
from apps.people.tables import profiles
from supervision import Actor, ChildSpec, ChildStarted, FaultRule, RestartChild, TerminateChild
from supervision.config import check
from supervision.testing import Inbox, Probe, running
from tests.apps.email.campaign import world as campaign

CONSUMER, SENDER, DISPATCHER = "/consumer", "/sender", "/dispatcher"
PEOPLE = 7


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


class Lane:
    """A dispatcher and everybody around it, and a send to seven people in chunks of five."""

    def __init__(self, world, settled, handed, counts):
        self.world, self.settled, self.handed, self.counts = world, settled, handed, counts
        self.database = Database(world.system)
        self.tags = 0
        with self.database.begin() as conn:
            data = {"petition": "Bees", "signatures": 3, "link": "https://example.org/p"}
            self.people = campaign.people(conn, PEOPLE)
            self.send = campaign.running(conn, self.people, chunk_size=5, data=data)

    def deliver(self, *numbers, redelivered=False):
        found = []
        for number in numbers:
            self.tags += 1
            message = campaign.chunk(self.send, number).to_message()
            found.append(Delivery(Tag(1, self.tags), message, "q", redelivered, int(redelivered)))
        self.world.system.address(DISPATCHER).cast(Deliveries(CONSUMER, tuple(found)))
        return [delivery.tag for delivery in found]

    def handover(self, ids=None):
        batch = self.handed.expect(Handover)
        keys = [envelope.key for envelope in batch.envelopes]
        assert ids is None or keys == [self.people[number] for number in ids]
        return batch

    def begin(self, batch):
        self.world.system.address(DISPATCHER).cast(HandoverStarted(batch.batch_id, SENDER))

    def answer(self, batch, outcome=Outcome.ACCEPTED, code=250, enhanced=None):
        reply = None if code is None else Reply(code, enhanced, ("said the server",))
        verdicts = tuple(Verdict(envelope.key, outcome, reply, "said the server") for envelope in batch.envelopes)
        self.begin(batch)
        self.world.system.address(DISPATCHER).cast(HandoverResult(batch.batch_id, SENDER, verdicts))

    def states(self):
        with self.database.read() as conn:
            rows = {row.person_id: row.state for row in conn.execute(select(MAILS))}
        return "".join(rows.get(person, "-")[0] for person in self.people)

    def row(self, number):
        with self.database.read() as conn:
            return conn.execute(select(MAILS).where(MAILS.c.person_id == self.people[number])).one()

    def chunk(self, number):
        with self.database.read() as conn:
            return ChunkState(conn.execute(select(CHUNKS.c.state).where(CHUNKS.c.number == number)).scalar_one())

    def move(self, state):
        with self.database.begin() as conn:
            sends.move(conn, self.send.id, state, datetime.now(UTC))

    def crash(self, path):
        self.world.system.faults.enabled = True
        self.world.system.faults.add(FaultRule("crash", path))

    def looked(self):
        """The dispatcher has done what it was told before."""
        self.world.system.address(DISPATCHER).call("what?")


@pytest.fixture
def lane(tmp_path):
    email = {"window": 3, "retry": {"max_attempts": 2}}
    apps = ["actors.database", "apps.people", "apps.email"]
    settings = check({"apps": apps, "database": {"health_interval_seconds": 60}, "email": email}, tmp_path)
    settled, handed, counts = Inbox(), Inbox(), Counter()
    children = [
        settings.app("database").load("supervisor")(settings),
        ChildSpec(id="consumer", actor=Probe, args=(settled,)),
        ChildSpec(id="dispatcher", actor=ChunkDispatcher, args=(settings.section("email"), counts)),
        ChildSpec(id="sender", actor=Sender, args=(handed,)),
    ]
    with running(*children, intensity=50) as world:
        world.wait_state("/database/pool", "running")
        yield Lane(world, settled, handed, counts)


def test_a_window_is_claimed_before_its_hand_over_and_a_chunk_acknowledged_when_all_of_it_is_settled(lane):
    (tag,) = lane.deliver(1)
    first = lane.handover([0, 1, 2])
    assert lane.states() == "ccc----" and lane.handed.nothing_more()
    lane.answer(first)
    second = lane.handover([3, 4])
    assert lane.states() == "hhhcc--" and lane.settled.nothing_more()
    assert b"To: P000003 <p000003@example.org>" in second.envelopes[0].content
    lane.answer(second)
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.states() == "hhhhh--" and lane.chunk(1) is ChunkState.DONE
    row = lane.row(0)
    assert (row.code, row.attempts, row.locale, row.claimed_by is not None) == (250, 1, "en", True)
    assert lane.counts == {MailState.HANDED: 5}


def test_nobody_gets_a_second_copy_when_a_chunk_comes_again(lane):
    tags = lane.deliver(1, 1)  # the second while the first is in hand
    assert lane.settled.expect(Ack).tags == (tags[1],)
    lane.answer(lane.handover([0, 1, 2]))
    lane.answer(lane.handover([3, 4]))
    assert lane.settled.expect(Ack).tags == (tags[0],)
    for redelivered in (False, True):
        (tag,) = lane.deliver(1, redelivered=redelivered)
        assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.handed.nothing_more() and lane.states() == "hhhhh--"


def test_who_must_not_get_it_is_counted_with_the_reason(lane):
    now = datetime.now(UTC)
    with lane.database.begin() as conn:
        suppress(conn, f"{lane.people[0]}@example.org", Why.COMPLAINT, now)
        prefer(conn, lane.people[1], "petition_updates", False, now)
        conn.execute(profiles.delete().where(profiles.c.id == lane.people[3]))
    (tag,) = lane.deliver(1)
    lane.answer(lane.handover([2]))  # a window is of three people
    lane.answer(lane.handover([4]))
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.states() == "sshsh--"
    assert [lane.row(number).state for number in (0, 1, 3)] == ["suppressed", "suppressed", "skipped"]
    reasons = [lane.row(number).reason for number in (0, 1, 3)]
    assert reasons == ["suppressed: complaint", "unwanted: petition_updates", "nobody has this id any more"]
    assert lane.counts == {MailState.HANDED: 2, MailState.SUPPRESSED: 2, MailState.SKIPPED: 1}


def test_a_chunk_of_nobody_to_write_to_needs_no_sender(lane):
    lane.world.system.address("/").call(TerminateChild("sender"))
    with lane.database.begin() as conn:
        for person in lane.people:
            suppress(conn, f"{person}@example.org", Why.MANUAL, datetime.now(UTC))
    tags = lane.deliver(1, 2)
    assert [lane.settled.expect(Ack).tags for _ in tags] == [(tag,) for tag in tags]
    assert lane.states() == "s" * PEOPLE and lane.chunk(2) is ChunkState.DONE


def test_pausing_takes_effect_before_the_next_window_and_the_rest_goes_back(lane):
    tags = lane.deliver(1, 2)
    batch = lane.handover([0, 1, 2])
    lane.move(SendState.PAUSED)
    lane.answer(batch)
    assert {lane.settled.expect(Ack).tags for _ in tags} == {(tag,) for tag in tags}
    assert lane.states() == "hhh----" and lane.handed.nothing_more()
    assert lane.chunk(1) is lane.chunk(2) is ChunkState.RETURNED
    lane.move(SendState.RUNNING)
    lane.deliver(1)
    lane.answer(lane.handover([3, 4]))
    lane.settled.expect(Ack)
    assert lane.states() == "hhhhh--" and lane.chunk(1) is ChunkState.DONE


def test_a_deferred_mail_waits_with_its_chunk_and_is_given_up_at_last(lane):
    (tag,) = lane.deliver(2)
    lane.answer(lane.handover([5, 6]), Outcome.DEFERRED, 451, "4.7.1")
    assert lane.settled.expect(Ack).tags == (tag,)
    row = lane.row(5)
    assert (row.state, row.code, row.enhanced, row.reason) == ("deferred", 451, "4.7.1", "said the server")
    assert 20 < (row.due_at - datetime.now(UTC)).total_seconds() <= 30 and lane.chunk(2) is ChunkState.WAITING
    lane.deliver(2)  # before its time
    lane.settled.expect(Ack)
    assert lane.handed.nothing_more()
    with lane.database.begin() as conn:
        conn.execute(MAILS.update().values(due_at=datetime.now(UTC)))
    lane.deliver(2)
    lane.answer(lane.handover([5, 6]), Outcome.DEFERRED, 451)
    lane.settled.expect(Ack)
    row = lane.row(5)
    assert (row.state, row.attempts, row.reason) == ("failed", 2, "given up after 2 attempts: said the server")
    assert lane.chunk(2) is ChunkState.DONE


def test_a_refusal_of_the_address_is_remembered_and_another_one_is_not(lane):
    lane.deliver(1)
    lane.answer(lane.handover(), Outcome.REFUSED, 550, "5.1.1")
    lane.answer(lane.handover(), Outcome.REFUSED, 554, "5.7.1")
    lane.settled.expect(Ack)
    assert lane.states() == "fffff--"
    with lane.database.read() as conn:
        found = suppressed(conn, [f"{person}@example.org" for person in lane.people])
    assert sorted(found) == [f"{person}@example.org" for person in lane.people[:3]]
    assert found[f"{lane.people[0]}@example.org"].reason == "hard_bounce"


def test_a_sender_that_dies_before_it_began_costs_nothing(lane):
    lane.deliver(2)
    lane.handover([5, 6])
    lane.crash(SENDER)
    lane.answer(lane.handover([5, 6]))
    lane.settled.expect(Ack)
    assert lane.states() == "-----hh" and lane.counts == {MailState.HANDED: 2}


def test_a_sender_that_dies_in_the_middle_leaves_its_window_in_doubt_and_the_others_go_out(lane):
    lane.deliver(1)
    lane.begin(lane.handover([0, 1, 2]))
    lane.crash(SENDER)
    lane.answer(lane.handover([3, 4]))
    lane.settled.expect(Ack)
    assert lane.states() == "iiihh--" and lane.chunk(1) is ChunkState.DONE
    assert lane.row(0).reason == "/sender ended during the hand-over"


def test_a_new_dispatcher_finds_what_the_old_one_had_claimed_in_doubt_and_sends_the_rest(lane):
    lane.deliver(1)
    lane.handover([0, 1, 2])
    lane.crash(DISPATCHER)
    lane.world.events.expect(ChildStarted, lambda event: event.path == DISPATCHER and event.restarts == 1)
    lane.crash(SENDER)  # and announces itself again
    lane.deliver(1, redelivered=True)
    lane.answer(lane.handover([3, 4]))
    lane.settled.expect(Ack)
    assert lane.states() == "iiihh--"


def test_what_another_dispatcher_has_taken_is_left_to_it(lane):
    with lane.database.begin() as conn:
        mails.claim(conn, lane.send, [Claim(lane.people[0])], "somebody else", datetime.now(UTC))
    (tag,) = lane.deliver(1)
    lane.answer(lane.handover([1, 2, 3]))
    lane.answer(lane.handover([4]))
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.states() == "chhhh--" and lane.chunk(1) is ChunkState.PUBLISHED


def test_the_same_delivery_again_takes_the_place_of_the_old_one(lane):
    """As after a restart of the consumer."""
    lane.deliver(1)
    first = lane.handover([0, 1, 2])
    (tag,) = lane.deliver(1, redelivered=True)
    lane.answer(first)
    lane.answer(lane.handover([3, 4]))
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.states() == "hhhhh--"


def test_with_the_database_away_nothing_is_handed_over_and_it_goes_on_when_it_is_back(lane):
    (tag,) = lane.deliver(2)
    batch = lane.handover([5, 6])
    database = lane.world.system.address("/database")
    database.call(TerminateChild("pool"))
    lane.answer(batch)
    lane.deliver(1)
    lane.looked()
    assert lane.settled.nothing_more() and lane.handed.nothing_more()
    database.call(RestartChild("pool"))
    lane.answer(lane.handover([0, 1, 2]))
    lane.answer(lane.handover([3, 4]))
    assert {lane.settled.expect(Ack).tags for _ in range(2)} >= {(tag,)}
    assert lane.states() == "hhhhhhh"


def test_an_ordered_stop_gives_back_what_no_sender_has_touched(lane):
    lane.deliver(1)
    lane.handover([0, 1, 2])
    lane.world.system.address("/").call(TerminateChild("dispatcher"))
    assert lane.states() == "ddd----" and lane.row(0).due_at is None
    assert lane.settled.nothing_more()


def test_what_is_no_chunk_or_of_no_send_is_dead_lettered(lane):
    unknown = chunk_of(999, 1, 5, 7, 1).to_message()
    found = tuple(Delivery(Tag(1, 50 + n), one, "q", False, 0) for n, one in enumerate([Message(b"?"), unknown]))
    lane.world.system.address(DISPATCHER).cast(Deliveries(CONSUMER, found))
    reasons = {lane.settled.expect(Reject).reason for _ in found}
    assert any("not a chunk" in reason for reason in reasons) and any("no send 999" in reason for reason in reasons)


def test_a_template_that_fails_for_all_fails_all_with_the_reason(lane):
    with lane.database.begin() as conn:
        other = campaign.running(conn, lane.people, name="other", chunk_size=7)
    chunk = campaign.chunk(other)
    found = (Delivery(Tag(1, 99), chunk.to_message(), "q", False, 0),)
    lane.world.system.address(DISPATCHER).cast(Deliveries(CONSUMER, found))
    assert lane.settled.expect(Ack)
    assert lane.states() == "f" * PEOPLE and "needs" in lane.row(0).reason
