"""The link to an HTTP carrier. Texts and receipts come in through webhooks (`apps.sms.routes`), not here, but for
receipts that were asked for: one of those that is not stored is lost, and may be asked for again.

Runs in its own thread, its requests in that of `Connections`. It tries the carrier's address when it starts, so with
the carrier down it waits in BACKOFF. When a piece found no connection it takes no more, waits for the answers that are
under way, and crashes: trying again is its supervisor's business.
"""

import socket
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from actors.carrier.errors import HungUp, LinkBroken
from actors.carrier.http.config import HttpCarrier
from actors.carrier.http.connections import Connections
from actors.carrier.link import Link
from actors.carrier.port import Named, Outcome, Piece, Receipt, Silent, Unsent
from supervision import Backoff, ChildSpec, Reason

START_SECONDS = 5.0
STOP_SECONDS = 2.0
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Answered:
    """To itself: a request is over."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Told:
    """To itself: a question is over."""

    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Ended:
    """To itself: the thread with the connections ended untold."""

    error: BaseException


class HttpLink(Link):
    """See the port."""

    def __init__(self, carrier: str, config: HttpCarrier, subscriber: str, intake: str, counts: Counter[str]) -> None:
        super().__init__(carrier, subscriber, intake)
        self.window = config.window
        self.counts = counts
        self._config = config
        self._unreachable = ""
        #: Questions that are not over, who asked them, and the token of the last receipt.
        self._open, self._asker, self._token = 0, "", 0
        self._dialect = config.speak(carrier)
        self._connections = Connections(
            config,
            self._dialect,
            answered=lambda outcome: self.send_after(0, Answered(outcome)),
            told=lambda receipt: self.send_after(0, Told(receipt)),
            ended=lambda error: self.send_after(0, Ended(error)),
        )

    def on_start(self) -> None:
        """Raises HungUp when nobody listens there, LinkBroken."""
        self.on_break(self._connections.interrupt)
        _try(self._config)
        self._connections.start(START_SECONDS)
        self.ready()

    def hand_over(self, pieces: list[Piece]) -> None:
        if self._unreachable:
            self.answered([Outcome(piece.key, piece.number, Unsent(self._unreachable)) for piece in pieces])
        else:
            self._connections.send(pieces)

    def ask(self, pieces: tuple[Named, ...], reply_to: str) -> None:
        """One batch at a time."""
        if not pieces:
            return
        if self._dialect.question(pieces[0].carrier_id) is None:
            self._silent(reply_to, len(pieces), Silent.UNSUPPORTED)
        elif self._open or self._unreachable:
            self._silent(reply_to, len(pieces), Silent.BUSY)
        else:
            self._open, self._asker = len(pieces), reply_to
            self._connections.ask([one.carrier_id for one in pieces])

    def on_receive(self, message: Any) -> None:
        match message:
            case Answered(outcome):
                self._answered(outcome)
            case Told(receipt):
                self._told(receipt)
            case Ended(error):
                raise LinkBroken(f"the thread of the HTTP carrier ended: {error!r}") from error
            case _:
                super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        """Raises LinkBroken when its thread could not be stopped."""
        stopped = self._connections.stop(STOP_SECONDS)
        super().terminate(reason)
        if not stopped:
            raise LinkBroken(f"the thread of the HTTP carrier did not end within {STOP_SECONDS:g} s")

    def _told(self, receipt: Receipt | None) -> None:
        self._open -= 1
        self._token += 1
        if receipt is None:
            self._silent(self._asker, 1, Silent.UNANSWERED)
        elif self.arrive(self._token, receipt):
            self.counts["asked"] += 1
        else:
            self._silent(self._asker, 1, Silent.BUSY)

    def _silent(self, reply_to: str, pieces: int, why: Silent) -> None:
        self.counts[f"{why} questions"] += pieces
        self.unasked(reply_to, pieces, why)

    def _answered(self, outcome: Outcome) -> None:
        """Raises HungUp once nothing is under way any more after a piece found no connection."""
        self.counts[type(outcome.verdict).__name__] += 1
        self.answered([outcome])
        if isinstance(outcome.verdict, Unsent):
            self._unreachable = outcome.verdict.reason
        if self._unreachable and not self.busy:
            raise HungUp(f"{self.carrier}: {self._unreachable}")


def _try(config: HttpCarrier) -> None:
    parts = urlsplit(config.url)
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), timeout=config.connect_timeout_seconds).close()
    except OSError as error:
        raise HungUp(f"{parts.hostname}:{port} cannot be reached: {error}") from error


def http_link_spec(
    id: str, carrier: str, config: HttpCarrier, *, subscriber: str, intake: str, **fields: Any
) -> ChildSpec:
    """A link to an HTTP carrier as a child; `subscriber` hears `LinkReady`, `fields` override the child spec's."""
    spec: dict[str, Any] = {
        "start": "eventual",
        "start_timeout": config.connect_timeout_seconds + START_SECONDS + 1.0,
        "shutdown": STOP_SECONDS + 3.0,
        "backoff": Backoff(min_seconds=0.2, max_seconds=30.0),
        **fields,
    }
    # The counts are made here, once, so that they outlive the incarnations.
    return ChildSpec(id=id, actor=HttpLink, args=(carrier, config, subscriber, intake, Counter[str]()), **spec)
