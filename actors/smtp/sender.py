"""The SMTP sender actor: keeps one session with a mail server and hands over the batches that a dispatcher gives it.

Runs in its own thread. It connects when it starts, so with the server down it waits in BACKOFF and gets no work. When a
connection is lost it first reports what is known about each mail, then crashes: reconnecting is its supervisor's
business. Credentials that the server refuses for good park it: it stays down until somebody starts it again. It
promises no delivery: `accepted` means that the server took over.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from actors.smtp.errors import ConnectFailed
from actors.smtp.messages import Handover, HandoverResult, HandoverStarted, SenderReady
from actors.smtp.session import Session
from actors.smtp.tally import Tally
from actors.smtp.timeouts import Timeouts
from actors.smtp.url import MailUrl, parse_url
from supervision import Actor, Backoff, ChildSpec, Down, MailboxFull, NoProc, Reason

MTA_ADDRESS = "mta.address"
"""The fact under which the embedded mail server announces "host:port"."""
MTA_LOOKS = 50
MTA_LOOK_SECONDS = 0.02
ANNOUNCE_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """How a sender treats its connection.

    Attributes:
        max_mails: per connection; then it is renewed.
        max_seconds: the age at which a connection is renewed, before the next batch.
        noop_seconds: after so long without work it asks whether the server is still there.
        expire_seconds: after so long without work it hangs up; the next batch connects anew.
        pipelining: False sends one command at a time even where groups are offered.
        mta: the name of the server among several; for its dispatcher.
        weight: its share of the mails among several servers; for its dispatcher.
    """

    max_mails: int = 1000
    max_seconds: float = 3600.0
    noop_seconds: float = 60.0
    expire_seconds: float = 240.0
    pipelining: bool = True
    mta: str = ""
    weight: float = 1.0
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass(frozen=True, slots=True)
class Announce:
    """To itself: tell the dispatcher that we are ready."""


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """To itself: look after an idle connection."""


class Sender(Actor):
    """Takes `Handover`; answers by casting `HandoverStarted` and `HandoverResult`."""

    def __init__(self, url: MailUrl, dispatcher: str, options: SenderOptions, tally: Tally) -> None:
        super().__init__()
        self.tally = tally
        self._url = url
        self._dispatcher = dispatcher
        self._options = options
        self._used_at = 0.0
        self._session = Session(
            url,
            locate=self._locate,
            timeouts=options.timeouts,
            max_mails=options.max_mails,
            max_seconds=options.max_seconds,
            pipelining=options.pipelining,
            before_content=self.check_fence,
        )

    def on_start(self) -> None:
        self.on_break(self._session.interrupt)
        self._session.open()
        self._used_at = self._now()
        # Not from here: until the start is over nobody can reach us.
        self.send_after(0, Announce())
        self.send_after(self._options.noop_seconds, KeepAlive())

    def on_receive(self, message: Any) -> None:
        match message:
            case Handover():
                self._hand_over(message)
            case Announce():
                self._announce()
            case KeepAlive():
                self._keep_alive()
            case Down():
                self.send_after(ANNOUNCE_AGAIN_SECONDS, Announce())
            case _:
                self.dead_letter(message, "a sender does not know this message")

    def terminate(self, reason: Reason) -> None:
        if reason.expected:
            self._session.quit()
        else:
            self._session.close()

    # --- the dispatcher -----------------------------------------------------------------------------------------------

    def _announce(self) -> None:
        try:
            self.cast(self._dispatcher, self._ready())
        except (NoProc, MailboxFull):
            self.send_after(ANNOUNCE_AGAIN_SECONDS, Announce())
        else:
            self.monitor(self._dispatcher)

    def _ready(self) -> SenderReady:
        return SenderReady(self.context.path, self.context.incarnation, self._options.mta, self._options.weight)

    def _hand_over(self, batch: Handover) -> None:
        if batch.incarnation not in (None, self.context.incarnation):
            self.dead_letter(batch, f"meant for incarnation {batch.incarnation}")
            return
        self.check_fence()
        try:
            self.cast(batch.reply_to, HandoverStarted(batch.batch_id, self.context.path))
        except NoProc:
            # Whoever gave it is gone and with it the one who would settle it; unsent, the batch is safe in its queue.
            self.dead_letter(batch, "nobody would hear the result")
            return
        verdicts = self._session.send(batch.envelopes)
        self._used_at = self._now()
        self.tally.add(verdicts)
        self._report(batch, HandoverResult(batch.batch_id, self.context.path, tuple(verdicts)))
        if self._session.failure is not None:
            raise self._session.failure

    def _report(self, batch: Handover, result: HandoverResult) -> None:
        try:
            self.cast(batch.reply_to, result)
        except NoProc:
            self.dead_letter(result, "the dispatcher ended while its batch was sent")

    # --- the connection -----------------------------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        idle_seconds = self._now() - self._used_at
        if idle_seconds >= self._options.expire_seconds:
            self._session.quit()
        elif idle_seconds >= self._options.noop_seconds and self._session.is_open and not self._session.noop():
            self._session.open()
        self.send_after(self._options.noop_seconds, KeepAlive())

    def _locate(self) -> tuple[str, int]:
        if not self._url.embedded:
            return self._url.host, self._url.port
        host, _, port = self._mta_address().rpartition(":")
        return host.strip("[]"), int(port)

    def _mta_address(self) -> str:
        """The embedded server starts beside us: being a moment late is not yet being down. Raises ConnectFailed."""
        pause = threading.Event()
        for _ in range(MTA_LOOKS):
            address = self.context.system.facts.get(MTA_ADDRESS)
            if address is not None:
                return address
            pause.wait(MTA_LOOK_SECONDS)
        raise ConnectFailed("the embedded mail server is not running; is actors.smtp.mta among the apps?")

    def _now(self) -> float:
        return self.context.system.clock.monotonic()


def sender_spec(
    id: str, url: str | MailUrl, dispatcher: str, *, options: SenderOptions | None = None, shutdown: float = 5.0
) -> ChildSpec:
    """A sender as a child: `eventual`, so a server that is down holds up nothing. Raises WrongUrl.

    Args:
        url: see `actors.smtp.url`.
        dispatcher: path of the actor that hears `SenderReady`.
        shutdown: seconds to finish the batch in hand; then the connection is broken from outside.
    """
    options = options or SenderOptions()
    target = parse_url(url) if isinstance(url, str) else url
    return ChildSpec(
        id=id,
        actor=Sender,
        # The tally is made here, once, so that it outlives the incarnations.
        args=(target, dispatcher, options, Tally()),
        start="eventual",
        start_timeout=options.timeouts.open + 5.0,
        shutdown=shutdown,
        backoff=Backoff(min_seconds=0.1, max_seconds=30.0, immediate=0),
    )
