"""A worker: runs one request at a time through the service's handlers, in its own thread.

What a handler raises becomes the reply: a `RookeryError` with its title and detail, anything else as "failed" with the
kind alone (the traceback goes to the log). Only what is no `Exception`, a fault on purpose or a hang ends the worker.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.empty_pb2 import Empty

from actors.broker import Message
from actors.rpc import contract, wire
from actors.rpc.wire import Request
from supervision import Actor, Down, MailboxFull, NoProc
from supervision.config import Settings
from supervision.control.wire import error_document
from supervision.errors import RookeryError
from supervision.verbs import Site

logger = logging.getLogger(__name__)

#: Every service has this method too: it takes and gives an `Empty`, and tells that somebody serves.
PING = "rookery.Ping"
#: Pause before an absent server is looked for again.
RETRY_SECONDS = 0.05

#: What a service is: an object with one method per method of its contract, `Find(self, request) -> reply`, made once
#: per worker from the site. Its class says which `contract` it fulfils; there is one object per thread.
Handlers = Callable[[Site], Any]


@dataclass(frozen=True, slots=True)
class Run:
    """From the server: answer with `Finished` under this `ref`. `deadline` is monotonic seconds."""

    ref: int
    request: Request
    deadline: float


class Post(NamedTuple):
    """One incarnation of a worker."""

    path: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Idle:
    """To the server: `worker` is there."""

    worker: Post


@dataclass(frozen=True, slots=True)
class Finished:
    """To the server: what became of it; `reply` is None when it came too late to be run. `outcome` is for counting."""

    worker: Post
    ref: int
    outcome: str
    reply: Message | None


@dataclass(frozen=True, slots=True)
class Begin:
    """To itself: tell the server that we are there."""


class Worker(Actor):
    """Takes `Run` from the server at the path `server`."""

    def __init__(self, settings: Settings, handlers: Handlers, server: str) -> None:
        super().__init__()
        self.settings = settings
        self.make_handlers = handlers
        self.server = server

    def on_start(self) -> None:
        self.handlers = self.make_handlers(Site(self.context.system, self.settings))
        self.contract: ServiceDescriptor = self.handlers.contract
        # Not yet: until the start is announced, nobody could reach us.
        self.actor_ref.tell(Begin())

    def on_receive(self, message: Any) -> Any:
        match message:
            case Run(ref, request, deadline):
                outcome, reply = self._run(request, deadline)
                self._finish(Finished(self._post(), ref, outcome, reply))
            case Begin():
                self._begin()
            case Down(self.server):
                self._begin()
            case _:
                return super().on_receive(message)
        return None

    def _run(self, request: Request, deadline: float) -> tuple[str, Message | None]:
        if self.context.system.clock.monotonic() >= deadline:
            return "expired", None
        if request.method == PING:
            return "replied", wire.reply_message(request, Empty())
        try:
            method = contract.find(self.contract, request.method)
            body = contract.decode_request(method, request.type_name, request.body)
            self.check_fence()
            reply = getattr(self.handlers, method.name)(body)
            return "replied", wire.reply_message(request, reply)
        except RookeryError as error:
            return "refused", wire.error_message(request, error_document(error))
        except Exception as error:
            logger.exception("%s failed over %s", self.context.path, request.method)
            return "failed", wire.error_message(request, error_document(error))

    def _finish(self, finished: Finished) -> None:
        try:
            self.cast(self.server, finished)
        except (NoProc, MailboxFull) as error:
            self.dead_letter(finished, str(error))

    def _begin(self) -> None:
        """Sooner or later: the server may be starting itself."""
        try:
            self.cast(self.server, Idle(self._post()))
        except (NoProc, MailboxFull):
            self.send_after(RETRY_SECONDS, Begin())
        else:
            self.monitor(self.server)

    def _post(self) -> Post:
        return Post(self.context.path, self.context.incarnation)
