"""An office with a bind to a real SMSC: a hub that hands over, an intake that stores, and what both heard."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from actors.carrier.port import Arrived, Handover, LinkReady, Named, Outcome, Outcomes, Piece, Question, Settled
from actors.smpp import bind_spec
from actors.smpp.bind import Bind
from actors.smpp.tally import Tally
from supervision import SHUTDOWN, Actor, ChildSpec, Resume, Suspend
from supervision.testing import Inbox, Probe, Running, running
from tests.actors.smpp.wire import LEADER, config
from tests.actors.smtp.conftest import certificates
from tests.servers.smsc import OwnSmsc, own_smsc

__all__ = ["certificates"]

BIND, HUB, INTAKE = "/bind", "/hub", "/intake"


class Office:
    """`heard` is what the hub was told, `stored` what the intake was."""

    def __init__(self, run: Running, heard: Inbox, stored: Inbox) -> None:
        self.run = run
        self.heard = heard
        self.stored = stored
        self.link: LinkReady | None = None

    def ready(self) -> LinkReady:
        self.link = self.heard.expect(LinkReady)
        return self.link

    def hand_over(self, *pieces: Piece, reply_to: str = HUB) -> None:
        assert self.link is not None
        self.run.system.address(BIND).cast(Handover(pieces, reply_to, self.link.incarnation))

    def ask(self, *carrier_ids: str) -> None:
        assert self.link is not None
        named = tuple(Named(one, LEADER) for one in carrier_ids)
        self.run.system.address(BIND).cast(Question(named, HUB, self.link.incarnation))

    def outcomes(self, count: int) -> list[Outcome]:
        """The next so many, in the order in which they were told."""
        found: list[Outcome] = []
        while len(found) < count:
            found += self.heard.expect(Outcomes).outcomes
        assert len(found) == count, found
        return found

    def arrived(self) -> Arrived:
        return self.stored.expect(Arrived)

    def settle(self, *arrived: Arrived, ok: bool = True) -> None:
        self.run.system.address(BIND).cast(Settled(tuple(one.token for one in arrived), ok))

    def actor(self, path: str) -> Actor:
        found = self.run.system.registry.running(path)
        assert found is not None
        return found

    def end(self, path: str) -> None:
        """Whoever runs there ends, and its supervisor starts the next one."""
        self.actor(path).request_stop(SHUTDOWN)

    def suspend(self, path: str) -> None:
        self.actor(path).actor_inbox.put_system(Suspend())

    def resume(self, path: str) -> None:
        self.actor(path).actor_inbox.put_system(Resume())

    @property
    def tally(self) -> Tally:
        bind = self.actor(BIND)
        assert isinstance(bind, Bind)
        return bind.tally


class Hub(Probe):
    """Little fits into its mailbox."""

    mailbox_bound = 2


@contextmanager
def office(*places: str, **options: Any) -> Iterator[Office]:
    heard, stored = Inbox(), Inbox()
    with running(
        ChildSpec(id="hub", actor=Hub, args=(heard,)),
        ChildSpec(id="intake", actor=Probe, args=(stored,)),
        bind_spec("bind", "acme", config(hosts=places, **options), HUB, INTAKE),
        intensity=100,
    ) as run:
        yield Office(run, heard, stored)


@pytest.fixture
def smsc() -> Iterator[OwnSmsc]:
    """npm's `smpp` as an SMSC."""
    with own_smsc() as server:
        yield server
