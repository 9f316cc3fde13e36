"""The talk about one batch of mails on an open connection: RFC 5321 mail transactions, in groups where RFC 2920 allows.

Runs in the thread that owns the connection. Whatever happens, each mail gets exactly one verdict. With pipelining the
next mail's MAIL, RCPT and DATA travel in the same write as the previous mail's content; since content waits for its own
354, at most one mail of a batch can end in doubt.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from actors.smtp.connection import Connection
from actors.smtp.envelope import DATA, EMPTY_CONTENT, RESET, Prepared
from actors.smtp.errors import BadReply, ConnectionLost
from actors.smtp.replies import Reply
from actors.smtp.timeouts import Timeouts
from actors.smtp.verdicts import Verdict, judge, judge_refusals, unknown, unsent


class Closing(ConnectionLost):
    """The server said 421: it answers nothing more on this connection."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"the server closes the connection: {reply}")
        self.reply = reply


@dataclass(slots=True)
class Opening:
    """The answers to MAIL, RCPT and DATA of one mail, as far as they have come."""

    mail: Reply | None = None
    recipients: list[Reply] = field(default_factory=list)
    data: Reply | None = None

    @property
    def taken(self) -> bool:
        """The mail is wanted for at least one recipient."""
        return self.mail is not None and self.mail.positive and any(reply.positive for reply in self.recipients)

    @property
    def content_wanted(self) -> bool:
        return self.data is not None and self.data.code == 354

    def refused(self, mail: Prepared) -> list[tuple[str, Reply]]:
        """The recipients turned down, each with its reply."""
        pairs = zip(mail.envelope.recipients, self.recipients, strict=False)
        return [(recipient, reply) for recipient, reply in pairs if not reply.positive]

    def verdict(self, mail: Prepared) -> Verdict | None:
        """What the answers decide before any content is sent; None while nothing is decided."""
        if self.mail is not None and not self.mail.positive:
            return judge(mail.key, self.mail)
        refused = self.refused(mail)
        if len(refused) == len(mail.recipients):
            return judge_refusals(mail.key, refused)
        if self.data is not None and not self.content_wanted:
            return judge(mail.key, self.data, refused)
        return None


class Dialogue:
    """One batch. `failure` tells afterwards why the connection must not be used again, None when it may."""

    def __init__(
        self, connection: Connection, timeouts: Timeouts, pipelining: bool, before_content: Callable[[], object]
    ) -> None:
        self._connection = connection
        self._timeouts = timeouts
        self._pipelining = pipelining
        self._before_content = before_content
        self._opening = Opening()
        self._ahead: Prepared | None = None
        self._owed: bytes | None = None
        self._dot: int | None = None
        self.failure: ConnectionLost | None = None

    def run(self, mails: Sequence[Prepared]) -> list[Verdict]:
        """Send all; verdicts in order. Raises only what `before_content` raises."""
        verdicts: list[Verdict] = []
        try:
            for mail, following in zip(mails, [*mails[1:], None], strict=True):
                verdicts.append(self._transact(mail, following))
            self._settle()
        except ConnectionLost as error:
            self.failure = error
            if len(verdicts) < len(mails):
                verdicts.append(self._interrupted(mails[len(verdicts)], error))
            verdicts += [unsent(mail.key, error) for mail in mails[len(verdicts) :]]
        return verdicts

    def _interrupted(self, mail: Prepared, error: ConnectionLost) -> Verdict:
        """The one mail the connection was busy with when it ended."""
        if self._dot is not None and self._connection.sent >= self._dot and not isinstance(error, Closing):
            return unknown(mail.key, error)
        if decided := self._opening.verdict(mail):
            return decided
        return judge(mail.key, error.reply) if isinstance(error, Closing) else unsent(mail.key, error)

    def _transact(self, mail: Prepared, following: Prepared | None) -> Verdict:
        self._dot = None
        self._opening = Opening()
        self._settle()
        if self._pipelining:
            self._open_in_group(mail)
        else:
            self._open_step_by_step(mail)
        decided = self._opening.verdict(mail)
        if decided is None:
            return self._send_content(mail, following)
        # Asked for content that nobody will get, we give an empty one, so that both stay in step (RFC 2920 3.1).
        self._owed = EMPTY_CONTENT if self._opening.content_wanted else RESET
        self._write_with_next(self._owed, following)
        return decided

    # --- MAIL, RCPT, DATA ---------------------------------------------------------------------------------------------

    def _open_in_group(self, mail: Prepared) -> None:
        if self._ahead is not mail:
            self._connection.write(mail.group)
        self._ahead = None
        self._opening.mail = self._answer("MAIL")
        for _ in mail.recipients:
            self._opening.recipients.append(self._answer("RCPT"))
        self._opening.data = self._answer_to_data()

    def _open_step_by_step(self, mail: Prepared) -> None:
        self._connection.write(mail.mail)
        self._opening.mail = self._answer("MAIL")
        for command in mail.recipients if self._opening.mail.positive else ():
            self._connection.write(command)
            self._opening.recipients.append(self._answer("RCPT"))
        if self._opening.taken:
            self._connection.write(DATA)
            self._opening.data = self._answer_to_data()

    def _answer(self, command: str) -> Reply:
        reply = self._read(self._timeouts.command)
        if reply.category == 3:
            raise BadReply(f"the server answered {command} with {reply}")
        return reply

    def _answer_to_data(self) -> Reply:
        reply = self._read(self._timeouts.data)
        if reply.code != 354 and reply.category in (2, 3):
            raise BadReply(f"the server answered DATA with {reply}")
        return reply

    # --- content ------------------------------------------------------------------------------------------------------

    def _send_content(self, mail: Prepared, following: Prepared | None) -> Verdict:
        self._before_content()
        self._dot = self._write_with_next(mail.content, following)
        reply = self._read(self._timeouts.final)
        if reply.category == 3 or (reply.positive and self._connection.sent < self._dot):
            raise BadReply(f"the server answered content with {reply}")
        return judge(mail.key, reply, self._opening.refused(mail))

    def _write_with_next(self, octets: bytes, following: Prepared | None) -> int:
        """Queue `octets` and, where allowed, the next mail's commands. Returns the mark of the end of `octets`."""
        if not self._pipelining or following is None:
            return self._connection.write(octets)
        self._ahead = following
        return self._connection.write(octets + following.group) - len(following.group)

    def _settle(self) -> None:
        """Take the answer to what ended a declined mail. That mail has its verdict, whatever comes now."""
        owed, self._owed = self._owed, None
        if owed is None:
            return
        reply = self._connection.read_reply(self._timeouts.final, self._timeouts.block)
        if reply.code == 421 or (owed == RESET and not reply.positive):
            raise ConnectionLost(f"the server answered the end of a declined mail with {reply}")

    def _read(self, timeout_seconds: float) -> Reply:
        reply = self._connection.read_reply(timeout_seconds, self._timeouts.block)
        if reply.code == 421:
            raise Closing(reply)
        return reply
