"""One SMPP bind on loopback, as fast as its window lets it: our bind actor, and npm's `smpp` as the SMSC.

The SMSC answers each text at once, so this is the cost of a segment on both sides; a carrier adds its own time, and a
bind then moves at most window / round trip. Needs node (`make services`).
"""

import threading
import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

from actors.carrier.port import Accepted, Handover, LinkReady, NumberType, Outcomes, Party, Piece
from actors.gsm import Coding
from actors.smpp import BindConfig, bind_spec
from supervision import SHUTDOWN, Actor, ChildSpec, Supervisor, System, launch
from tests.servers.smsc import own_smsc

WINDOW = 50
PATIENCE_SECONDS = 300.0
#: A segment of usual size.
BODY = b"x" * 100


@dataclass(frozen=True, slots=True)
class Loopback:
    """`wrong`: outcomes other than accepted, which a measurement must not have; `seen` is the SMSC's own count."""

    segments: int
    seconds: float
    wrong: int
    seen: int

    @property
    def segments_per_s(self) -> float:
        return self.segments / self.seconds


class Feeder(Actor):
    """Keeps the window full until so many segments are answered."""

    mailbox_bound = 100_000

    def __init__(self, segments: int) -> None:
        super().__init__()
        self.pieces = (_piece(number) for number in range(segments))
        self.left = segments
        self.wrong = 0
        self.started_at = 0.0
        self.ended_at = 0.0
        self.done = threading.Event()
        self.link: LinkReady | None = None

    def on_receive(self, message: Any) -> None:
        match message:
            case LinkReady() if self.link is None:
                self.link = message
                self.started_at = time.perf_counter()
                self._hand_over(message.window)
            case Outcomes(outcomes=outcomes):
                self.left -= len(outcomes)
                self.wrong += sum(not isinstance(one.verdict, Accepted) for one in outcomes)
                self._hand_over(len(outcomes))
        if self.left == 0:
            self.ended_at = time.perf_counter()
            self.done.set()

    def _hand_over(self, room: int) -> None:
        pieces = tuple(islice(self.pieces, room))
        if pieces and self.link is not None:
            self.cast(self.link.link, Handover(pieces, self.context.path, self.link.incarnation))


def _piece(number: int) -> Piece:
    source, member = Party(NumberType.SHORT_CODE, "12345"), Party(NumberType.E164, f"+1555{number:07d}")
    return Piece(f"text-{number}", 1, 1, 1, source, member, Coding.GSM7, BODY, b"", BODY.decode())


def loopback(segments: int, window: int = WINDOW) -> Loopback:
    """Send so many segments over one bind. Raises TimeoutError."""
    with own_smsc() as smsc:
        smsc.behave(quiet=True)
        config = BindConfig.model_validate(
            {"hosts": (smsc.place,), "system_id": "rookery", "password": "secret", "window": window}
        )
        feeder = Feeder(segments)
        system = System()
        children = [
            ChildSpec(id="feeder", actor=lambda: feeder),
            bind_spec("bind", "loopback", config, "/feeder", "/feeder"),
        ]
        root = launch(system, Supervisor.spec("root", children))
        try:
            if not feeder.done.wait(PATIENCE_SECONDS):
                raise TimeoutError(f"{feeder.left} of {segments} segments are unanswered")
            seen = smsc.submitted()
        finally:
            root.stop(SHUTDOWN)
            root.wait(PATIENCE_SECONDS)
            system.close()
        return Loopback(segments, feeder.ended_at - feeder.started_at, feeder.wrong, seen)
