"""One tree of errors for the actors that face the outside world: broker, database, SMTP, web.

An error says what happened, where, and what to do. An error that is also a `Refusal` is an answer: the actor that
raised it lives on. Any other one raised inside an actor is a crash, and the caller of `call` gets it too.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from supervision.errors import Refusal, RookeryError

if TYPE_CHECKING:
    from actors.broker.message import Message


class ActorsError(RookeryError):
    """Root of every error of the folder `actors`."""

    title = "A service actor failed"


class Unavailable(ActorsError):
    """Something outside is down, locked, full or broken: `what` it is, `where` it lives, `why` in one clause.

    Nothing was done unless `may_have_happened`. `retry_at` is monotonic seconds of the system's clock, if known: when
    the supervisor tries again.
    """

    title = "A service that this needs is unavailable"
    exit_code = 69
    status = 503

    def __init__(
        self, what: str, where: str, why: str = "", *, retry_at: float | None = None, may_have_happened: bool = False
    ) -> None:
        because = f": {why}" if why else ""
        outcome = "it may have happened" if may_have_happened else "nothing was done"
        super().__init__(f"{what} at {where} is unavailable{because}; {outcome}, try again later")
        self.what = what
        self.where = where
        self.why = why
        self.retry_at = retry_at
        self.may_have_happened = may_have_happened


class Unroutable(ActorsError, Refusal):
    """No queue is bound for these messages; the others of the same list are stored. Declare the queue and binding."""

    title = "A message has no queue to go to"
    status = 422

    def __init__(self, messages: "Sequence[Message]") -> None:
        self.messages = tuple(messages)
        keys = sorted({f"{m.exchange or '(default)'} / {m.routing_key}" for m in self.messages})
        shown = ", ".join(keys[:5]) + (", ..." if len(keys) > 5 else "")
        super().__init__(f"{len(self.messages)} message(s) reach no queue; exchange / routing key: {shown}")


class UnknownQueue(ActorsError, Refusal):
    """There is no such queue in the broker."""

    title = "Unknown queue"
    status = 404


class NotPeekable(ActorsError, Refusal):
    """Looking into this queue would do harm to its messages."""

    title = "This queue cannot be looked into"
    status = 409


class MessageRefused(ActorsError, Refusal):
    """The message cannot be carried: too large, or a header that no engine can encode. Sending it again is no use."""

    title = "The broker cannot carry this message"
    status = 422


class TopologyConflict(ActorsError):
    """An exchange or queue exists already with other arguments (AMQP: 406 PRECONDITION_FAILED).

    Give the new one another name, or drain and delete the old one.
    """

    title = "The broker already has this, declared differently"
    exit_code = 78
    status = 409
