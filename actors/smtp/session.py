"""A session with one mail server: opened, used for many mails, renewed in time.

Used by one thread; only `interrupt` may be called from another. Opens a connection when one is needed, but does not try
again after a failure: that is the sender's and its supervisor's business.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from actors.smtp.capabilities import Capabilities
from actors.smtp.connection import Connection
from actors.smtp.dialogue import Closing, Dialogue
from actors.smtp.envelope import Envelope, Prepared, prepare
from actors.smtp.errors import ConnectFailed, ConnectionLost, SmtpError
from actors.smtp.handshake import Handshake
from actors.smtp.timeouts import Timeouts
from actors.smtp.url import MailUrl
from actors.smtp.verdicts import Outcome, Verdict, unsent


class Session:
    """At most one connection at a time. `failure` is why the last `send` or `noop` lost it, None when it did not."""

    def __init__(
        self,
        url: MailUrl,
        *,
        locate: Callable[[], tuple[str, int]] | None = None,
        timeouts: Timeouts | None = None,
        max_mails: int = 1000,
        max_seconds: float = 3600.0,
        pipelining: bool = True,
        before_content: Callable[[], object] = lambda: None,
    ) -> None:
        """Opens nothing yet.

        Args:
            locate: host and port, asked at each connect; those of the URL by default. May raise SmtpError.
            max_mails: per connection; then it is closed and a new one opened.
            max_seconds: since it was opened; the same, before the next batch.
            pipelining: False sends one command at a time even where groups are offered.
            before_content: runs right before a mail's content is queued; what it raises ends `send` at that point.
        """
        self._url = url
        self._locate = locate or (lambda: (url.host, url.port))
        self._timeouts = timeouts or Timeouts()
        self._max_mails = max_mails
        self._max_seconds = max_seconds
        self._opened_at = 0.0
        self._pipelining = pipelining
        self._before_content = before_content
        self._connection: Connection | None = None
        self._interrupted = False
        self._mails = 0
        self.capabilities = Capabilities()
        self.failure: SmtpError | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def open(self) -> None:
        """Connect and shake hands, within `timeouts.open` seconds. Raises SmtpError, in most cases a NotOpened."""
        host, port = self._locate()
        self._connection = connection = Connection()
        if self._interrupted:
            connection.interrupt()
        deadline = time.monotonic() + self._timeouts.open
        try:
            self.capabilities = Handshake(connection, self._url, host, port, deadline).open()
        except BaseException:
            self.close()
            raise
        self._mails = 0
        self._opened_at = time.monotonic()

    def send(self, envelopes: Sequence[Envelope]) -> list[Verdict]:
        """Hand over; one verdict per envelope, in order. Connection trouble is in the verdicts and in `failure`."""
        self.failure = None
        verdicts: list[Verdict] = []
        while len(verdicts) < len(envelopes) and self._ready():
            start = len(verdicts)
            verdicts += self._send_some(envelopes[start : start + self._max_mails - self._mails])
            if self.failure is not None and not self._may_go_on(verdicts[start:]):
                break
            verdicts = _before_unsent(verdicts)
            self.failure = None
        return verdicts + [unsent(envelope.key, self.failure) for envelope in envelopes[len(verdicts) :]]

    def noop(self) -> bool:
        """Ask whether the server is still there; False when it is not, and then the connection is closed."""
        if self._connection is None:
            return False
        try:
            self._connection.write(b"NOOP\r\n")
            reply = self._connection.read_reply(self._timeouts.command, self._timeouts.block)
            alive = reply.positive and self._connection.quiet()
        except ConnectionLost:
            alive = False
        if not alive:
            self.close()
        return alive

    def quit(self) -> None:
        """Say goodbye, within `timeouts.quit` seconds, and close."""
        if self._connection is not None:
            with suppress(SmtpError):
                self._connection.write(b"QUIT\r\n")
                self._connection.read_reply(self._timeouts.quit, self._timeouts.quit)
        self.close()

    def close(self) -> None:
        """Hang up. May be repeated."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def interrupt(self) -> None:
        """Wake the thread that waits here; it sees its connection as lost, and no other is opened. Any thread."""
        self._interrupted = True
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    # --- one batch ----------------------------------------------------------------------------------------------------

    def _ready(self) -> bool:
        """Have a connection that is good for one more mail; False, and `failure`, when none can be had."""
        if self._connection is not None and not self._connection.quiet():
            self.close()
        elif self._mails >= self._max_mails or self._is_old():
            self.quit()
        if self._connection is not None:
            return True
        try:
            self.open()
        except SmtpError as error:
            self.failure = error
            return False
        return True

    def _is_old(self) -> bool:
        return time.monotonic() - self._opened_at >= self._max_seconds

    def _send_some(self, envelopes: Sequence[Envelope]) -> list[Verdict]:
        ready = [prepare(envelope, self.capabilities.keywords) for envelope in envelopes]
        mails = [mail for mail in ready if isinstance(mail, Prepared)]
        sent = iter(self._talk(mails))
        return [mail if isinstance(mail, Verdict) else next(sent) for mail in ready]

    def _talk(self, mails: Sequence[Prepared]) -> list[Verdict]:
        if self._connection is None:
            raise ConnectFailed(f"{self._url}: the session is not open")
        grouped = self._pipelining and self.capabilities.pipelining
        dialogue = Dialogue(self._connection, self._timeouts, grouped, self._before_content)
        verdicts = dialogue.run(mails)
        self._mails += len(mails)
        self.failure = dialogue.failure
        if self.failure is not None:
            self.close()
        return verdicts

    def _may_go_on(self, verdicts: Sequence[Verdict]) -> bool:
        """Servers with a limit of mails per connection say 421 at it: after progress that is no failure."""
        if not isinstance(self.failure, Closing):
            return False
        return any(verdict.outcome is Outcome.ACCEPTED for verdict in verdicts)


def _before_unsent(verdicts: list[Verdict]) -> list[Verdict]:
    outcomes = [verdict.outcome for verdict in verdicts]
    return verdicts[: outcomes.index(Outcome.UNSENT)] if Outcome.UNSENT in outcomes else verdicts
