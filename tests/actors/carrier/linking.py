"""A link between probes: one that hands over, one that takes what comes in."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from actors.carrier.party import party
from actors.carrier.port import Arrived, Handover, LinkReady, Named, Outcome, Outcomes, Piece, Question, Settled
from supervision import ChildSpec
from supervision.testing import FakeClock, Inbox, Probe, Running, running
from tests.actors.carrier.pieces import OURS

SUBSCRIBER, INTAKE, LINK = "/subscriber", "/intake", "/link"


@dataclass
class Linked:
    """A running link, and what its two sides heard."""

    running: Running
    subscriber: Inbox
    intake: Inbox
    ready: LinkReady

    def hand_over(self, pieces: Sequence[Piece]) -> None:
        self.running.system.address(LINK).cast(Handover(tuple(pieces), SUBSCRIBER, self.ready.incarnation))

    def ask(self, *carrier_ids: str) -> None:
        named = tuple(Named(one, party(OURS)) for one in carrier_ids)
        self.running.system.address(LINK).cast(Question(named, SUBSCRIBER, self.ready.incarnation))

    def outcomes(self, count: int) -> list[Outcome]:
        """The next so many, in the order in which they were told."""
        found: list[Outcome] = []
        while len(found) < count:
            found += self.subscriber.expect(Outcomes).outcomes
        return found

    def sent(self, *pieces: Piece) -> list[Outcome]:
        self.hand_over(pieces)
        return self.outcomes(len(pieces))

    def settle(self, *arrived: Arrived, ok: bool = True) -> None:
        self.running.system.address(LINK).cast(Settled(tuple(one.token for one in arrived), ok))


@contextmanager
def linked(spec: ChildSpec, clock: FakeClock | None = None) -> Iterator[Linked]:
    """`spec` has the id `link`, the subscriber `/subscriber` and the intake `/intake`."""
    subscriber, intake = Inbox(), Inbox()
    probes = [
        ChildSpec(id="subscriber", actor=Probe, args=(subscriber,)),
        ChildSpec(id="intake", actor=Probe, args=(intake,)),
    ]
    with running(*probes, spec, clock=clock) as tree:
        if clock is not None:
            _fire_until(clock, subscriber)
        yield Linked(tree, subscriber, intake, subscriber.expect(LinkReady))


def _fire_until(clock: FakeClock, inbox: Inbox) -> None:
    """Starting sets timers that are due at once."""
    pause = threading.Event()
    for _ in range(1000):
        clock.advance(0)
        if not inbox.nothing_more():
            return
        pause.wait(0.01)
