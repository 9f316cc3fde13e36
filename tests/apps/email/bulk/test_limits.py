"""Limits in the lane of campaigns: people whose domain takes nothing now come later, and all come; caps skip people."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from actors.broker import Ack
from actors.smtp import Handover
from apps.email.bulk.dispatcher import ChunkDispatcher
from apps.email.campaign import books, mails, sends
from apps.email.campaign.states import MailState
from apps.email.campaign.tables import SENDS
from apps.people.tables import profiles
from supervision import ChildSpec
from supervision.config import check
from supervision.testing import Inbox, Probe, running
from tests.apps.email.bulk.test_dispatcher import Lane, Sender
from tests.apps.email.campaign import world as campaign


@pytest.fixture
def lane(tmp_path):
    """Windows of three, and one mail at a time to slow.example."""
    email = {"window": 3, "mta": {"domains": [{"domain": "slow.example", "concurrency": 1}]}}
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


def test_a_domain_at_its_limit_holds_up_neither_the_others_nor_the_end_of_the_chunk(lane):
    slow = lane.people[:3]
    with lane.database.begin() as conn:
        for person in slow:
            address = f"{person}@slow.example"
            conn.execute(update(profiles).where(profiles.c.id == person).values(address=address, key=address))
    (tag,) = lane.deliver(1)
    handed = []
    while len(handed) < 5:
        batch = lane.handed.expect(Handover)
        keys = [envelope.key for envelope in batch.envelopes]
        assert len(set(keys) & set(slow)) <= 1
        handed += keys
        lane.answer(batch)
    assert sorted(handed) == sorted(lane.people[:5])
    assert handed.index(lane.people[4]) < max(handed.index(person) for person in slow)
    assert lane.settled.expect(Ack).tags == (tag,)
    assert lane.states() == "hhhhh--"


def test_who_has_had_enough_of_the_topic_is_skipped_and_counted(lane):
    """The rule of this send allows one mail a day; two of five got one of another send."""
    cap = {"cap": 1, "cap_seconds": 86_400.0}
    now = datetime.now(UTC)
    with lane.database.begin() as conn:
        other = campaign.running(conn, lane.people[:2], "winter")
        mails.claim(conn, other, [mails.Claim(person) for person in lane.people[:2]], campaign.ME, now)
        mails.settle(conn, other, [mails.Result(lane.people[0], MailState.HANDED)], campaign.ME, now)
        conn.execute(update(SENDS).where(SENDS.c.id == lane.send.id).values(terms=cap, version=2))
    lane.deliver(1)
    handed = []
    while len(handed) < 3:
        batch = lane.handed.expect(Handover)
        handed += [envelope.key for envelope in batch.envelopes]
        lane.answer(batch)
    lane.settled.expect(Ack)
    assert sorted(handed) == sorted(lane.people[2:5])
    reason = "cap: 1 of 1 mails of topic petition_updates within 1 day, 0:00:00"
    with lane.database.read() as conn:
        skipped = books.rows(conn, lane.send, MailState.SKIPPED, 10)
    assert [(row.person_id, row.reason) for row in skipped] == [(person, reason) for person in lane.people[:2]]
    assert lane.counts[MailState.SKIPPED] == 2
    with lane.database.read() as conn:
        assert books.of(conn, sends.load(conn, lane.send.id)).balanced
