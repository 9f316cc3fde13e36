"""Many connections lost under load: each piece has one outcome, and what it says is true of the SMSC's own record."""

from collections import Counter
from contextlib import suppress

import pytest

from actors.carrier.port import Accepted, InDoubt, LinkLost, LinkReady, NumberType, Outcomes, Party, Piece, Unsent
from supervision import NoProc
from tests.actors.smpp.conftest import Office, office
from tests.actors.smpp.wire import piece
from tests.servers.smsc import OwnSmsc

pytestmark = pytest.mark.timeout(300)

#: Each loss in a row doubles the pause before the next bind, so there are few.
PIECES, WINDOW, EVERY = 1500, 20, 300


def numbered(number: int) -> Piece:
    return piece(key=str(number), destination=Party(NumberType.E164, f"+1555{number:07d}"))


class Feeder:
    """Keeps the window full, and hands over again what was not sent."""

    def __init__(self, hub: Office, smsc: OwnSmsc) -> None:
        self.hub = hub
        self.smsc = smsc
        self.left = [numbered(number) for number in reversed(range(PIECES))]
        self.kinds: Counter[str] = Counter()
        self.told: dict[str, type] = {}
        self.in_hand: set[str] = set()
        self.drops = 0

    def run(self) -> None:
        while len(self.told) < PIECES:
            match self.hub.heard.expect(object):
                case LinkReady() as ready:
                    self.hub.link = ready
                    self.hand_over(ready.window)
                case LinkLost():
                    # Every outcome came before; what has none came too late, and the next incarnation leaves it alone.
                    self.hub.link = None
                    self.take_back(self.in_hand)
                case Outcomes() as told:
                    self.hear(told)

    def hear(self, told: Outcomes) -> None:
        for outcome in told.outcomes:
            kind = type(outcome.verdict)
            assert outcome.key not in self.told, "told twice"
            self.kinds[kind.__name__] += 1
            if kind is Unsent:
                self.take_back({outcome.key})
            else:
                self.in_hand.remove(outcome.key)
                self.told[outcome.key] = kind
        if self.kinds["Accepted"] >= EVERY * (self.drops + 1):
            self.drops += 1
            self.smsc.tell(drop=None)
        if self.hub.link is not None and told.incarnation == self.hub.link.incarnation:
            self.hand_over(len(told.outcomes))

    def take_back(self, keys: set[str]) -> None:
        self.left += [numbered(int(key)) for key in sorted(keys)]
        self.in_hand -= keys

    def hand_over(self, room: int) -> None:
        pieces = [self.left.pop() for _ in range(min(room, len(self.left)))]
        self.in_hand |= {one.key for one in pieces}
        with suppress(NoProc):  # it has just ended; its last words are on their way
            self.hub.hand_over(*pieces)


def test_the_books_balance_however_often_the_connection_is_lost(smsc: OwnSmsc) -> None:
    with office(smsc.place, window=WINDOW) as hub:
        feeder = Feeder(hub, smsc)
        feeder.run()
    smsc.submitted()  # passes over all that was said before
    submits = [event for event in smsc.events.seen if event["event"] == "submit"]
    seen = Counter(str(int(event["destination"][2][-7:])) for event in submits)
    assert feeder.drops >= PIECES // EVERY - 1
    accepted = {key for key, kind in feeder.told.items() if kind is Accepted}
    doubted = {key for key, kind in feeder.told.items() if kind is InDoubt}
    assert accepted | doubted == {str(number) for number in range(PIECES)}
    assert len(doubted) <= WINDOW * feeder.drops
    assert max(seen.values()) == 1, "what was told as unsent never arrived"
    assert accepted <= set(seen) <= accepted | doubted
