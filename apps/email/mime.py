"""From rendered parts to the bytes of one mail (RFC 5322, 2045-2049), the same bytes for the same input.

Every line is written here, so that every line is provably ours: encoded words by RFC 2047 whenever a header's value is
not short plain ASCII, and no control character at all; text first, HTML last with its pictures beside it, attachments
after all, in an encoding that any mail server carries. (`EmailMessage` writes the same at twenty times the cost; the
tests read everything back with it.)
Pure, any thread.
"""

import binascii
import hashlib
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, formataddr
from functools import lru_cache, partial

from apps.email.address import Mailbox, one_line
from apps.email.errors import HeaderRefused
from apps.email.parts import LINE, part
from apps.email.templates import Rendered
from apps.email.wording import Words

_WORD = 75
#: What needs no quotes, and is most names that are ASCII at all.
_WORDS = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
MOST_COLUMNS = 990

AUTOMATIC = {"Auto-Submitted": "auto-generated"}
#: Read by programs, who know no encoded words there. Such a line may be long: it holds a URL.
_STRUCTURED = frozenset({"Auto-Submitted", "Feedback-ID", "List-ID", "List-Unsubscribe", "List-Unsubscribe-Post"})


@dataclass(frozen=True, slots=True)
class Mime:
    """A mail as the MTA gets it. `data` has CRLF line ends and is not dot-stuffed; `smtputf8`: only with RFC 6531."""

    message_id: str
    mail_from: str
    rcpt_to: str
    data: bytes
    smtputf8: bool


def message_id(key: str, domain: str) -> str:
    """The same for every copy of the mail, so that copies can be told."""
    return f"<{key}@{domain}>"


def build(
    rendered: Rendered,
    *,
    key: str,
    domain: str,
    sender: Mailbox,
    recipient: Mailbox,
    at: float,
    headers: Mapping[str, str] | None = None,
    mail_from: str = "",
) -> Mime:
    """`write` for what was rendered for one person alone."""
    html = None if rendered.html is None else part("html", rendered.html)
    return write(
        Words(rendered.subject, part("plain", rendered.text), html, rendered.enclosures),
        locale=rendered.locale,
        key=key,
        domain=domain,
        sender=sender,
        recipient=recipient,
        at=at,
        headers=headers,
        mail_from=mail_from,
    )


def write(
    words: Words,
    *,
    locale: str,
    key: str,
    domain: str,
    sender: Mailbox,
    recipient: Mailbox,
    at: float,
    headers: Mapping[str, str] | None = None,
    mail_from: str = "",
) -> Mime:
    """One mail to one person. Raises HeaderRefused that names the header.

    Args:
        locale: the language it is written in.
        at: seconds since the epoch.
        headers: further ones; by default the one that says that a program wrote it (RFC 3834).
        mail_from: the return path; the sender's own address if empty.
    """
    fields = {
        "From": _same_address("From", sender),
        "To": _address("To", recipient),
        "Subject": unstructured("Subject", words.subject),
        "Date": _date(int(at)),
        "Message-ID": one_line("Message-ID", message_id(key, domain)),
        **{name: further(name, value) for name, value in (AUTOMATIC if headers is None else headers).items()},
        "Content-Language": one_line("Content-Language", locale),
    }
    return Mime(
        message_id=fields["Message-ID"],
        mail_from=mail_from or sender.envelope,
        rcpt_to=recipient.envelope,
        data=_assembled(fields, key, words),
        smtputf8=sender.smtputf8 or recipient.smtputf8,
    )


def _assembled(fields: Mapping[str, str], key: str, words: Words) -> bytes:
    """The header fields as they stand in their lines, and the parts."""
    head = "".join([f"{_header_name(name)}: {value}\r\n" for name, value in fields.items()]).encode()
    return b"".join([head, b"MIME-Version: 1.0\r\n", *_body(key, words)])


def _body(key: str, words: Words) -> list[bytes]:
    """mixed(alternative(text, related(html, pictures)), attachments), as far as there are such (RFC 2046, 2387).

    In pieces, so that large files are copied once. What begins a boundary begins no other.
    """
    inline, attachments = words.enclosures.inline, words.enclosures.attachments
    if words.html is None and not attachments:
        return [words.text]
    mark = _boundary(key, words.text, words.html or b"", *[one.head for one in (*inline, *attachments)])
    body = [words.text]
    if words.html is not None:
        html = [words.html]
        if inline:
            html = _multipart(b'related; type="text/html"', b"=_r" + mark, [html, *[[one.part] for one in inline]])
        body = _multipart(b"alternative", b"=_" + mark, [body, html])
    if attachments:
        body = _multipart(b"mixed", b"=_m" + mark, [body, *[[one.part] for one in attachments]])
    return body


def _multipart(kind: bytes, mark: bytes, parts: Iterable[list[bytes]]) -> list[bytes]:
    pieces = [b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n' % (kind, mark)]
    between = b"\r\n--%b\r\n" % mark
    for one in parts:
        pieces.append(between)
        pieces += one
    pieces.append(b"\r\n--%b--\r\n" % mark)
    return pieces


def _boundary(key: str, *parts: bytes) -> bytes:
    """The same for the same mail, and in none of its parts."""
    for number in itertools.count():
        mark = hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[:32].encode()
        if not any(mark in part for part in parts):
            return mark
    raise AssertionError("the numbers have no end")


_header_name = lru_cache(maxsize=256)(partial(one_line, "header name"))


def further(name: str, value: str) -> str:
    """The value of a header that is ours to choose. Raises HeaderRefused."""
    if name not in _STRUCTURED:
        return unstructured(name, value)
    if not value.isascii() or len(name) + len(value) > MOST_COLUMNS:
        raise HeaderRefused(name, "is not ASCII, or longer than a line may be")
    return one_line(name, value)


def unstructured(name: str, value: str) -> str:
    """A header's value, as encoded words where it must be. Raises HeaderRefused."""
    value = one_line(name, value)
    return value if _is_plain(value, LINE - len(name) - 2) else _encoded(value, len(name) + 2)


def _address(name: str, mailbox: Mailbox) -> str:
    shown = one_line(name, mailbox.name)
    if not shown:
        return mailbox.envelope
    phrase = _phrase(shown, len(name) + 2)
    last = phrase.rpartition("\r\n")[2]
    fold = " " if len(name) + len(last) + len(mailbox.envelope) + 5 <= LINE else "\r\n "
    return f"{phrase}{fold}<{mailbox.envelope}>"


#: Most mails have the same sender.
_same_address = lru_cache(maxsize=64)(_address)


def _phrase(shown: str, used: int) -> str:
    """A display name: as it is or quoted, as long as that is plain and fits the line; else in encoded words."""
    if len(shown) <= LINE - used and _WORDS.fullmatch(shown):
        return shown
    plain = shown.isascii() and formataddr((shown, "")).removesuffix(" <>")
    fits = plain and _is_plain(shown, LINE - used) and len(plain) <= LINE - used
    return plain if plain and fits else _encoded(shown, used)


def _is_plain(value: str, room: int) -> bool:
    """Short ASCII that no reader could take for encoded words, with no run of blanks that a reader may collapse."""
    return value.isascii() and len(value) <= room and "=?" not in value and "  " not in value and value == value.strip()


def _encoded(value: str, used: int) -> str:
    """Encoded words of at most 75 characters, one to a line; none cuts a character in two (RFC 2047, 2 and 5)."""
    words, octets = [], b""
    room = _octets_in(LINE - used)
    for character in value:
        more = octets + character.encode()
        if len(more) > room:
            words.append(octets)
            more, room = character.encode(), _octets_in(LINE - 1)
        octets = more
    words.append(octets)
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(word, newline=False).decode()}?=" for word in words if word)


def _octets_in(columns: int) -> int:
    """How many octets an encoded word holds that is so many columns wide."""
    return max(0, (min(columns, _WORD) - len("=?utf-8?b??=")) // 4 * 3)


@lru_cache(maxsize=8)
def _date(at: int) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC))
