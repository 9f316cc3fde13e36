"""aiosmtpd's SMTP protocol, made fit for grouped commands and enhanced status codes. Runs in the server's event loop.

aiosmtpd takes commands one after the other from one buffer and empties that buffer at STARTTLS, so it stands grouped
commands (RFC 2920) though it does not offer them; the handler offers them. Here the answers to the MAIL, RCPT and RSET
of one group leave together, and after EHLO every answer carries an enhanced status code (RFC 2034).
"""

import asyncio
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.smtp import SMTP

# At its usual level aiosmtpd logs every command, and with it every recipient.
logging.getLogger("mail.log").setLevel(logging.WARNING)

_PLAIN_ADDRESS = re.compile(r"<([a-z0-9.+_-]+@[a-z0-9.-]+)>(?: +(\S.*))?", re.IGNORECASE | re.ASCII)
_CODED = re.compile(r"[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}(?:\s|$)")
_ENHANCED = {
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "504": "5.5.4",
    "530": "5.7.0",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}


class Protocol(SMTP):
    """One connection."""

    def __init__(self, handler: Any, **options: Any) -> None:
        super().__init__(handler, **options)
        self._introducing = True
        self._may_hold = False
        self._held = b""

    async def push(self, status: str | bytes) -> None:
        """Answer; the answer may wait for its companions while the next command of the group is already here."""
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else status
        line = text if self._introducing else with_enhanced_code(text)
        self._held += line.encode("utf-8", "replace") + b"\r\n"
        closing = line.startswith("421")
        if not closing and self._may_hold and b"\n" in self._reader._buffer:  # type: ignore[attr-defined]
            return
        held, self._held = self._held, b""
        self._writer.write(held)
        await self._writer.drain()
        if closing:
            self._writer.close()
            # RFC 5321 3.8: whoever says so closes. The way aiosmtpd itself leaves a connection.
            raise asyncio.CancelledError

    async def smtp_HELO(self, hostname: str) -> None:
        with self._set("_introducing"):
            await super().smtp_HELO(hostname)

    async def smtp_EHLO(self, hostname: str) -> None:
        with self._set("_introducing"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str | None) -> None:
        with self._set("_may_hold"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        with self._set("_may_hold"):
            await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg: str) -> None:
        with self._set("_may_hold"):
            await super().smtp_RSET(arg)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """aiosmtpd parses each address as a mail header's, for a third of a mail's time; most are plain."""
        plain = _PLAIN_ADDRESS.fullmatch(arg)
        return (plain[1], plain[2] or "") if plain else super()._getaddr(arg)

    @contextmanager
    def _set(self, flag: str) -> Iterator[None]:
        setattr(self, flag, True)
        try:
            yield
        finally:
            setattr(self, flag, False)


def with_enhanced_code(answer: str) -> str:
    """The answer with an enhanced status code of its class, unless it has one or its class has none."""
    code, separator, text = answer[:3], answer[3:4] or " ", answer[4:]
    if code[:1] not in ("2", "4", "5") or _CODED.match(answer):
        return answer
    return f"{code}{separator}{_ENHANCED.get(code, f'{code[0]}.0.0')} {text}"
