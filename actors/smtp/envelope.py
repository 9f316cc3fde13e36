"""A mail as SMTP carries it: envelope, commands, content on the wire. Pure; any thread.

Lines longer than RFC 5321's 998 octets are not cut here: whoever makes the content does that, the server judges it.
"""

import re
from collections.abc import Set
from dataclasses import dataclass, field

import idna

from actors.smtp.verdicts import Verdict, cannot_be_sent

EMPTY_CONTENT = b".\r\n"
"""What follows a 354 when no recipient was taken (RFC 2920 3.1)."""

_HEADER_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>]|[\x80-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail to hand over. `sender` "" is the null reverse-path; `content` begins with the headers, any line ends."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    key: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A mail in the words of one connection: MAIL, a RCPT for each recipient, the content with its final dot."""

    envelope: Envelope
    mail: bytes
    recipients: tuple[bytes, ...]
    content: bytes = field(repr=False)

    @property
    def key(self) -> str:
        return self.envelope.key

    @property
    def group(self) -> bytes:
        """The commands that may travel together; DATA is the last of its group (RFC 2920 3.1)."""
        return b"".join((self.mail, *self.recipients, DATA))


DATA = b"DATA\r\n"
RESET = b"RSET\r\n"


def prepare(envelope: Envelope, extensions: Set[str]) -> Prepared | Verdict:
    """Put a mail into words for a server that offers `extensions` (EHLO keywords), or refuse it if that cannot be."""
    if not envelope.recipients:
        return cannot_be_sent(envelope.key, "the mail has no recipient")
    try:
        sender = wire_address(envelope.sender) if envelope.sender else ""
        recipients = [wire_address(recipient) for recipient in envelope.recipients]
    except ValueError as error:
        return cannot_be_sent(envelope.key, str(error))
    needed = _needs((sender, *recipients), envelope.content)
    if lacking := sorted(needed - extensions):
        return cannot_be_sent(envelope.key, f"the mail needs {', '.join(lacking)}, which the server does not offer")
    content = wire_content(envelope.content)
    mail = f"MAIL FROM:<{sender}>{_parameters(needed, extensions, len(content) - len(EMPTY_CONTENT))}\r\n".encode()
    return Prepared(envelope, mail, tuple(f"RCPT TO:<{one}>\r\n".encode() for one in recipients), content)


def wire_address(address: str) -> str:
    """An address fit for a command line; the domain as A-label unless the local part needs SMTPUTF8 anyway (RFC 6531).

    Raises ValueError when it would break out of its command or has no local part or domain.
    """
    local, _, domain = address.rpartition("@")
    if not local or not domain or _FORBIDDEN.search(address):
        raise ValueError(f"not an address: {address[:80]!a}")
    if not local.isascii() or domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise ValueError(f"not a domain: {domain[:80]!a}") from error


def wire_content(content: bytes) -> bytes:
    """CRLF line ends only (a bare CR or LF could smuggle a second mail), dots doubled at line starts, final dot."""
    # Octets are split at CR, LF and CRLF, and nowhere else. A slice costs half of what `startswith` does.
    lines = [b"." + line if line[:1] == b"." else line for line in content.splitlines()]
    return b"\r\n".join([*lines, EMPTY_CONTENT])


def _needs(addresses: tuple[str, ...], content: bytes) -> set[str]:
    if content.isascii() and "".join(addresses).isascii():
        return set()
    needed: set[str] = set()
    if not all(address.isascii() for address in addresses):
        needed.add("SMTPUTF8")
    if not content.isascii():
        needed.add("8BITMIME")
        if not _HEADER_END.split(content, maxsplit=1)[0].isascii():
            needed.add("SMTPUTF8")
    return needed


def _parameters(needed: Set[str], extensions: Set[str], octets: int) -> str:
    parameters = f" SIZE={octets}" if "SIZE" in extensions else ""
    if "8BITMIME" in needed:
        parameters += " BODY=8BITMIME"
    if "SMTPUTF8" in needed:
        parameters += " SMTPUTF8"
    return parameters
