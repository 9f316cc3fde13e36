"""Limits per destination in the lane of campaigns: people whose domain takes nothing now come later, and all come."""

from collections import Counter

import pytest
from sqlalchemy import update

from actors.broker import Ack
from actors.smtp import Handover
from apps.email.bulk.dispatcher import ChunkDispatcher
from apps.people.tables import profiles
from supervision import ChildSpec
from supervision.config import check
from supervision.testing import Inbox, Probe, running
from tests.apps.email.bulk.test_dispatcher import Lane, Sender


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
