"""The link to a simulated carrier: behind the port like any other, in front of a file.

Runs in its own thread. Pieces of one hand-over arrive at the same moment, in one transaction: counted by the watcher,
on their phones, their receipts posted. Answers come at once, or when the rules say so. It looks for texts and receipts
that are due every `POLL_SECONDS`; what the intake did not settle comes again, also after kill -9.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.carrier.errors import HungUp
from actors.carrier.link import Link
from actors.carrier.port import InDoubt, Named, Outcome, Piece, Silent, Unsent
from actors.carrier.simulated import fates, post
from actors.carrier.simulated.config import SimulatedCarrier
from actors.carrier.simulated.exchange import Exchange
from actors.carrier.simulated.network import Network
from supervision import Backoff, ChildSpec, Reason

POLL_SECONDS = 0.05
#: Texts and receipts that are with the intake at the same time.
INTAKE_WINDOW = 1000
#: After so long the intake is taken to have forgotten what it has; and so long is waited after it could not store.
INTAKE_SECONDS, AGAIN_SECONDS = 30.0, 0.5


@dataclass(frozen=True, slots=True)
class Poll:
    """To itself: see what is due."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To itself: the carrier says this now."""

    outcomes: tuple[Outcome, ...]


class SimulatedLink(Link):
    """See the port."""

    def __init__(
        self,
        carrier: str,
        config: SimulatedCarrier,
        path: Path,
        subscriber: str,
        intake: str,
        counts: Counter[str],
        watch: Callable[[], float] = time.time,
    ) -> None:
        """`watch` is the carrier's own clock, by which it judges our limits."""
        super().__init__(carrier, subscriber, intake)
        self.window = config.window
        self.counts = counts
        self._path = path
        self._watch = watch
        self._exchange = Exchange(carrier, config)
        self._network: Network | None = None
        #: What the intake has, and until when it may take its time.
        self._with_intake: dict[int, float] = {}

    @property
    def network(self) -> Network:
        assert self._network is not None, "the link has not started"
        return self._network

    def on_start(self) -> None:
        self._network = Network(self._path)
        with self.network.transaction() as connection:
            post.release(connection, self.context.path)
        self.ready()
        self.send_after(0, Poll())

    def on_receive(self, message: Any) -> None:
        match message:
            case Poll():
                self._poll()
            case Answer(outcomes):
                self.answered(outcomes)
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        super().terminate(reason)
        if self._network is not None:
            self._network.close()

    # --- out ----------------------------------------------------------------------------------------------------------

    def hand_over(self, pieces: list[Piece]) -> None:
        """Raises HungUp when a rule says so."""
        at, now = self._watch(), self.context.system.clock.time()
        with self.network.transaction() as connection:
            taken = self._exchange.take(connection, pieces, at, now)
        self.counts.update(type(one.verdict).__name__ for one in taken)
        self.answered([one.outcome for one in taken if not one.answer_seconds])
        for one in taken:
            if one.answer_seconds:
                self.send_after(one.answer_seconds, Answer((one.outcome,)))
        if taken and taken[-1].treatment.rule.answer == "hang-up":
            behind = pieces[len(taken) :]
            self.answered(
                [Outcome(piece.key, piece.number, Unsent("the carrier hung up before it")) for piece in behind]
            )
            self.all_answered(InDoubt("the carrier hung up"))
            raise HungUp(f"the simulated carrier {self.carrier} hung up")

    def ask(self, pieces: tuple[Named, ...], reply_to: str) -> None:
        """What it says is posted like any receipt."""
        now = self.context.system.clock.time()
        with self.network.transaction() as connection:
            found = fates.tell(connection, self.carrier, [one.carrier_id for one in pieces], now)
            post.send(connection, [(post.NOW, receipt) for receipt in found])
        self.counts["asked"] += len(pieces)
        self.unasked(reply_to, len(pieces) - len(found), Silent.REFUSED)

    # --- in -----------------------------------------------------------------------------------------------------------

    def _poll(self) -> None:
        now = self.context.system.clock.monotonic()
        overdue = [token for token, until in self._with_intake.items() if until <= now]
        if overdue:
            self.settled(tuple(overdue), False)
        self._look()
        self.send_after(POLL_SECONDS, Poll())

    def _look(self) -> None:
        """Give the intake what is due, as far as it has room."""
        room = INTAKE_WINDOW - len(self._with_intake)
        clock = self.context.system.clock
        if room <= 0 or not self._anything_due(clock.time()):
            return
        with self.network.transaction() as connection:
            due = post.claim(connection, self.carrier, self.context.path, clock.time(), room)
        until = clock.monotonic() + INTAKE_SECONDS
        given = 0
        for token, item in due:
            if not self.arrive(token, item):
                break
            self._with_intake[token] = until
            given += 1
        if given < len(due):
            self._give_back([token for token, _ in due[given:]])

    def _anything_due(self, now: float) -> bool:
        query = "SELECT 1 FROM post WHERE carrier = ? AND link = '' AND due_at <= ? LIMIT 1"
        return bool(self.network.query(query, self.carrier, now))

    def settled(self, tokens: tuple[int, ...], ok: bool) -> None:
        mine = [token for token in tokens if self._with_intake.pop(token, None) is not None]
        self.counts["settled" if ok else "given back"] += len(mine)
        if not ok:
            self._give_back(mine)
            return
        with self.network.transaction() as connection:
            post.settle(connection, mine)
        self._look()

    def intake_lost(self) -> None:
        self.settled(tuple(self._with_intake), False)

    def _give_back(self, tokens: Sequence[int]) -> None:
        with self.network.transaction() as connection:
            post.give_back(connection, tokens, self.context.system.clock.time() + AGAIN_SECONDS)


def simulated_link_spec(
    id: str, carrier: str, config: SimulatedCarrier, home: Path, *, subscriber: str, intake: str, **fields: Any
) -> ChildSpec:
    """A link to a simulated carrier as a child; `fields` override the child spec's.

    Args:
        subscriber: path of the actor that hears `LinkReady`.
        intake: path of the actor that takes `Arrived`.
    """
    spec: dict[str, Any] = {"start": "eventual", "backoff": Backoff(min_seconds=0.1, max_seconds=10.0), **fields}
    # The counts are made here, once, so that they outlive the incarnations.
    args = (carrier, config, config.path(home), subscriber, intake, Counter[str]())
    return ChildSpec(id=id, actor=SimulatedLink, args=args, **spec)
