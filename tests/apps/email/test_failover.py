"""Two mail servers, real senders and a real dispatcher: one server dies in the middle of a batch."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from actors.broker import Ack, Deliveries, Delivery, Message, Tag
from actors.database import Database
from actors.smtp import SenderOptions, sender_spec
from apps.email import ledger
from apps.email.config import MailClass
from apps.email.dispatcher import Dispatcher
from apps.email.states import State
from supervision import ChildSpec
from supervision.config import check
from supervision.testing import Inbox, Probe, running
from tests.actors.smtp.scripted import PATIENCE_SECONDS, Peer, scripted
from tests.apps.email.test_dispatcher import CONSUMER, DISPATCHER, job


@pytest.mark.parametrize(
    ("mail_class", "second_state", "doubts", "taken_by_b"),
    [("bulk", State.IN_DOUBT, 1, [3, 4]), ("transactional", State.HANDED, 1, [2, 3, 4])],
)
def test_what_a_server_did_not_touch_moves_and_what_it_may_have_taken_does_not(
    mail_class: MailClass, second_state: State, doubts: int, taken_by_b: list[int], tmp_path: Path
) -> None:
    """Bulk mail in doubt stays where it is. A transactional one is sent again, as its class says, and stays listed."""
    begun = threading.Event()
    contents: list[bytes] = []

    def dies(peer: Peer) -> None:
        peer.greet("PIPELINING")
        peer.take_opening()
        begun.set()
        peer.hear_content()
        peer.say("250 2.0.0 taken")
        peer.take_opening()
        peer.hear_content()
        peer.hang_up()

    def takes_over(peer: Peer) -> None:
        assert begun.wait(PATIENCE_SECONDS)
        peer.greet("PIPELINING")
        for _ in taken_by_b:
            contents.append(peer.take_mail())
        peer.hear("QUIT")
        peer.say("221 bye")

    settings = check(
        {"apps": ["actors.database", "apps.people", "apps.email"], "database": {"health_interval_seconds": 60}},
        tmp_path,
    )
    settled = Inbox()
    jobs = [job(number, mail_class) for number in (1, 2, 3, 4)]
    with scripted(dies) as a, scripted(takes_over) as b:
        children = [
            settings.app("database").load("supervisor")(settings),
            ChildSpec(id="consumer", actor=Probe, args=(settled,)),
            ChildSpec(id="dispatcher", actor=Dispatcher, args=(settings.section("email"), mail_class, Counter())),
            sender_spec("a-1", a.url(), DISPATCHER, options=SenderOptions(mta="a")),
            sender_spec("b-1", b.url(), DISPATCHER, options=SenderOptions(mta="b")),
        ]
        with running(*children, intensity=1000) as world:
            world.wait_state("/database/pool", "running")
            deliveries = [Delivery(Tag(1, n), Message(one.to_json()), "q", False, 0) for n, one in enumerate(jobs)]
            world.system.address(DISPATCHER).cast(Deliveries(CONSUMER, tuple(deliveries)))
            acked: set[Tag] = set()
            while len(acked) < len(jobs):
                acked.update(settled.expect(Ack).tags)
            with Database(world.system).read() as conn:
                rows = ledger.look_up(conn, [one.key for one in jobs])
    assert [rows[one.key].state for one in jobs] == [State.HANDED, second_state, State.HANDED, State.HANDED]
    assert [rows[one.key].doubts for one in jobs] == [0, doubts, 0, 0]
    numbers = [number for content in contents for number in (1, 2, 3, 4) if jobs[number - 1].key.encode() in content]
    assert sorted(numbers) == taken_by_b
