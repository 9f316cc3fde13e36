"""The lease's actor: takes it when it is free, renews it, and tells its subscriber. One per name and process.

Put it after its subscriber in a supervisor with `rest_for_one`: when the subscriber dies the lease is given anew, under
another epoch. It is released at its end once the subscriber has answered `Lost`, or is no more; else it expires.

Own thread; it may wait for the database, so the end of a term is told by a timer. Not guaranteed: that two machines
never both hold it when the database's clock is set ahead by more than the margin.
"""

import logging
import os
import socket
from dataclasses import dataclass
from typing import Any

from actors.database import Database
from actors.errors import Unavailable
from actors.lease import claim
from actors.lease.messages import Held, Lost
from actors.lease.tenure import Tenure
from actors.lease.watch import SECOND_US, Watch
from supervision import Actor, MailboxFull, NoProc
from supervision.reasons import Reason

logger = logging.getLogger(__name__)

#: A free lease is noticed within so many seconds, sooner when the term is shorter.
LOOK_SECONDS = 1.0
#: How long the subscriber may take to stop, at an orderly end, so that the lease can be released.
STOP_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Look:
    """To itself: renew the lease, or look whether it is free."""


class Lease(Actor):
    """Asks for the lease `name` for the actor at `subscriber`, casts it `Held`, and casts or calls it `Lost`.

    Give its spec `shutdown=10.0`: an orderly end waits for the subscriber's answer and for the database. Raises
    ValueError unless the margin is more than nothing and less than a third of the term.
    """

    def __init__(self, name: str, subscriber: str, term_seconds: float = 10.0, margin_seconds: float = 1.0) -> None:
        super().__init__()
        if not 0 < margin_seconds < term_seconds / 3:
            raise ValueError(
                f"lease {name}: a margin of {margin_seconds:g} s does not fit a term of {term_seconds:g} s"
            )
        self.name = name
        self.subscriber = subscriber
        self.term_seconds = term_seconds
        self.margin_seconds = margin_seconds
        self._tenure: Tenure | None = None
        self._watch = Watch()

    def on_start(self) -> None:
        self._look()

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self._look()
            case _:
                return super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        """The next holder may begin as soon as ours has stopped."""
        if self._tenure is None:
            return
        lost = self._tenure.end("the lease's actor ends")
        if lost is not None and self._stopped(lost):
            self._release(lost.epoch)

    def _look(self) -> None:
        try:
            if self._tenure is None:
                self._take()
            else:
                self._renew(self._tenure)
        except Unavailable as error:
            logger.warning("lease %s: %s", self.name, error)
        third = self.term_seconds / 3
        self.send_after(third if self._tenure is not None else min(third, LOOK_SECONDS), Look())

    def _take(self) -> None:
        database, term_us = Database(self.context.system), round(self.term_seconds * SECOND_US)
        with database.read() as connection:
            if not claim.is_free(connection, self.name, self._watch, self._mono_us()):
                return
        asked = self._asked()
        with database.begin() as connection:
            holder = f"{socket.gethostname()}:{os.getpid()}{self.context.path}"[:300]
            epoch = claim.take(connection, self.name, holder, term_us, self._watch, self._mono_us())
        if epoch is None:
            return
        held = self._held(epoch, asked)
        self._tenure = Tenure(held, self.context.system.clock, self._tell)
        self._announce(held)

    def _renew(self, tenure: Tenure) -> None:
        epoch, asked = tenure.held.epoch, self._asked()
        try:
            with Database(self.context.system).begin() as connection:
                ours = claim.renew(connection, self.name, epoch, round(self.term_seconds * SECOND_US))
        except Unavailable:
            if not tenure.held.is_good(self.context.system.clock):
                self._lose(tenure, "the database was away for too long")
            raise
        if not ours:
            self._lose(tenure, "another holder was granted it")
        elif tenure.renewed(held := self._held(epoch, asked)):
            self._announce(held)
        else:
            self._lose(tenure, "it was renewed too late")

    def _lose(self, tenure: Tenure, reason: str) -> None:
        """Not released, since nobody has answered: it expires, or is another's already."""
        self._tenure = None
        lost = tenure.end(reason)
        if lost is not None:
            self._tell(lost)

    def _announce(self, held: Held) -> None:
        """A subscriber that is not there, or has no room, does not hold it; the next renewal tells it again."""
        try:
            self.cast(self.subscriber, held)
        except (NoProc, MailboxFull) as error:
            logger.warning("lease %s: %s", self.name, error)

    def _tell(self, lost: Lost) -> None:
        """Also in the clock's thread."""
        logger.warning("lease %s of epoch %d is lost: %s", lost.name, lost.epoch, lost.reason)
        try:
            self.context.system.address(self.subscriber).cast(lost)
        except (NoProc, MailboxFull) as error:
            logger.warning("lease %s: %s; it goes by its deadline", lost.name, error)

    def _stopped(self, lost: Lost) -> bool:
        try:
            self.call(self.subscriber, lost, timeout=STOP_SECONDS)
        except NoProc:
            return True
        except Exception as error:  # it did not answer, or it crashed over it: then nobody knows what it still does
            logger.warning("lease %s expires by itself: %s", self.name, error)
            return False
        return True

    def _release(self, epoch: int) -> None:
        try:
            with Database(self.context.system).begin() as connection:
                claim.release(connection, self.name, epoch)
        except Unavailable as error:
            logger.warning("lease %s expires by itself: %s", self.name, error)

    def _asked(self) -> tuple[float, float]:
        clock = self.context.system.clock
        return clock.monotonic(), clock.time()

    def _held(self, epoch: int, asked: tuple[float, float]) -> Held:
        good = self.term_seconds - self.margin_seconds
        return Held(self.name, epoch, asked[0] + good, asked[1] + good)

    def _mono_us(self) -> int:
        return int(self.context.system.clock.monotonic() * SECOND_US)
