from collections.abc import Iterator
from contextlib import contextmanager

from actors.broker import PUBLISHER, Confirmed, NotConfirmed, Publish, Unavailable
from actors.carrier.party import party
from actors.carrier.port import Arrived, Inbound, Settled
from apps.contracts.sms_pb2 import InboundText
from apps.sms.intake import ANSWER_SECONDS, intake_spec
from supervision import ChildSpec, Supervisor
from supervision.faults import FaultRule
from supervision.testing import FakeClock, Inbox, Probe, Running, running

INTAKE, LINK = "/intake", "/link"


def arrived(token: int, incarnation: int = 1) -> Arrived:
    item = Inbound("a", f"m{token}", party("+14155550177"), party("+14155550100"), f"text {token}")
    return Arrived(LINK, "a", incarnation, token, item)


@contextmanager
def taking(publisher: Inbox | None, clock: FakeClock | None = None) -> Iterator[tuple[Running, Inbox]]:
    """The intake between a link and, unless None, a publisher."""
    link = Inbox()
    children = [ChildSpec(id="link", actor=Probe, args=(link,)), intake_spec(16)]
    if publisher is not None:
        inside = ChildSpec(id="publisher", actor=Probe, args=(publisher,))
        children.insert(0, Supervisor.spec("broker", [inside], intensity=10))
    with running(*children, clock=clock) as tree:
        yield tree, link


def test_what_the_broker_confirmed_is_settled() -> None:
    publisher = Inbox()
    with taking(publisher) as (tree, link):
        tree.system.address(INTAKE).cast(arrived(1))
        publish = publisher.expect(Publish)
        assert [InboundText.FromString(one.body).body for one in publish.messages] == ["text 1"]
        assert link.nothing_more()
        tree.system.address(INTAKE).cast(Confirmed(1, publish.ref))
        assert link.expect(Settled) == Settled((1,), True, 1)


def test_what_waits_shares_a_publish() -> None:
    publisher = Inbox()
    with taking(publisher) as (tree, link):
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("slow", INTAKE, times=1, seconds=0.2))
        for token in range(1, 101):
            tree.system.address(INTAKE).cast(arrived(token))
        lists: list[int] = []
        while sum(lists) < 100:
            publish = publisher.expect(Publish)
            lists.append(len(publish.messages))
            tree.system.address(INTAKE).cast(Confirmed(len(publish.messages), publish.ref))
        assert len(lists) <= 3
        settled = [link.expect(Settled) for _ in lists]
        assert [token for one in settled for token in one.tokens] == list(range(1, 101))


def test_what_the_broker_refused_shall_come_again() -> None:
    publisher = Inbox()
    with taking(publisher) as (tree, link):
        tree.system.address(INTAKE).cast(arrived(1))
        ref = publisher.expect(Publish).ref
        tree.system.address(INTAKE).cast(NotConfirmed(Unavailable("the broker", "here"), ref))
        assert link.expect(Settled) == Settled((1,), False, 1)


def test_without_a_publisher_it_shall_come_again() -> None:
    with taking(None) as (tree, link):
        tree.system.address(INTAKE).cast(arrived(7, incarnation=3))
        assert link.expect(Settled) == Settled((7,), False, 3)


def test_when_the_publisher_dies_everything_shall_come_again() -> None:
    publisher = Inbox()
    with taking(publisher) as (tree, link):
        tree.system.address(INTAKE).cast(arrived(1))
        publisher.expect(Publish)
        tree.system.faults.enabled = True
        tree.system.faults.add(FaultRule("crash", PUBLISHER, times=1))
        tree.system.address(PUBLISHER).cast("anything")
        assert link.expect(Settled) == Settled((1,), False, 1)


def test_a_publisher_that_says_nothing_is_not_waited_for_longer_than_that() -> None:
    publisher, clock = Inbox(), FakeClock()
    with taking(publisher, clock) as (tree, link):
        tree.system.address(INTAKE).cast(arrived(1))
        ref = publisher.expect(Publish).ref
        clock.wait_for_timers()
        clock.advance(ANSWER_SECONDS)
        assert link.expect(Settled) == Settled((1,), False, 1)
        tree.system.address(INTAKE).cast(Confirmed(1, ref))
        tree.system.address(INTAKE).cast(arrived(2))
        publisher.expect(Publish)
        assert link.nothing_more()
