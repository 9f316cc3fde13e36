"""What the embedded server answers: keep the mail, or be as difficult as the rules say. Runs in the event loop.

250 is said after the commit. Mails that arrive while a commit is under way go into the next one together.
"""

import asyncio
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from actors.smtp.mta.behaviour import Action, Behaviour
from actors.smtp.mta.errors import StoreFailed
from actors.smtp.mta.store import Incoming

logger = logging.getLogger(__name__)

EXTENSIONS = ("250-PIPELINING", "250-ENHANCEDSTATUSCODES")
_KINDS = {"4": "deferred", "5": "refused"}
COULD_NOT_KEEP = "451 4.3.0 The mail could not be kept, try again later"


class GroupCommit:
    """Turns many single mails into few transactions."""

    def __init__(self, add: Callable[[Sequence[Incoming]], None], executor: Executor) -> None:
        """`add` keeps mails in one transaction or raises StoreFailed; it runs in `executor`, one call at a time."""
        self._add = add
        self._executor = executor
        self._waiting: list[tuple[Incoming, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def keep(self, mail: Incoming) -> None:
        """Returns when the mail is committed. Raises StoreFailed."""
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[None] = loop.create_future()
        self._waiting.append((mail, committed))
        if self._task is None:
            self._task = loop.create_task(self._commit_all())
        await committed

    async def _commit_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            failure = await self._commit([mail for mail, _ in batch])
            for _, committed in batch:
                if committed.done():  # its client went away meanwhile
                    continue
                if failure is None:
                    committed.set_result(None)
                else:
                    committed.set_exception(failure)
        self._task = None

    async def _commit(self, mails: Sequence[Incoming]) -> StoreFailed | None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._add, mails)
        except StoreFailed as error:
            logger.error("%s", error)
            return error
        return None


class Handler:
    """aiosmtpd's hooks."""

    def __init__(
        self, commits: GroupCommit, behaviour: Behaviour, counts: Counter[str], now: Callable[[], float] = time.time
    ) -> None:
        self._commits = commits
        self._behaviour = behaviour
        self._counts = counts
        self._now = now

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *EXTENSIONS, responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._be_difficult(server, self._behaviour.decide("rcpt", [address]))
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        action = self._behaviour.decide("data", envelope.rcpt_tos)
        answer = await self._be_difficult(server, action)
        if answer is not None:
            return answer
        try:
            await self._commits.keep(self._incoming(envelope))
        except StoreFailed:
            self._counts["failed"] += 1
            return COULD_NOT_KEEP
        self._counts["kept"] += 1
        if action is not None and action.drop == "after":
            self._hang_up(server)
        return "250 2.6.0 Kept"

    async def _be_difficult(self, server: SMTP, action: Action | None) -> str | None:
        """The answer a rule wants, None to go on as usual. Does not return normally after hanging up."""
        if action is None:
            return None
        if action.delay_seconds:
            await asyncio.sleep(action.delay_seconds)
        if action.drop == "before":
            self._hang_up(server)
        if action.reply is not None:
            self._counts[_KINDS.get(action.reply[:1], "garbled")] += 1
        return action.reply

    def _hang_up(self, server: SMTP) -> None:
        self._counts["dropped"] += 1
        if isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        # The way aiosmtpd itself leaves a connection: nothing more is answered.
        raise asyncio.CancelledError

    def _incoming(self, envelope: Envelope) -> Incoming:
        content = envelope.original_content or b""
        return Incoming(
            self._now(),
            _clean(envelope.mail_from or ""),
            tuple(_clean(recipient) for recipient in envelope.rcpt_tos),
            content,
        )


class Authenticator:
    """Accepts one name and password."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user.encode()
        self._password = password.encode()

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        known = (
            isinstance(data, LoginPassword)
            and hmac.compare_digest(data.login, self._user)
            and hmac.compare_digest(data.password, self._password)
        )
        return AuthResult(success=known, handled=False)


def _clean(address: str) -> str:
    """aiosmtpd keeps octets that are not UTF-8 as lone surrogates, which no file takes; `<>` is the null path."""
    text = address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "" if text == "<>" else text
