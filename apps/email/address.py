"""Mail addresses and names as headers and envelopes can carry them. Pure, any thread; never asks the DNS."""

import re
import unicodedata
from dataclasses import dataclass

import email_validator

from apps.email.errors import HeaderRefused

#: Categories no header value may hold: controls (CR and LF among them), surrogates, line and paragraph separators.
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})
_NAMED = re.compile(r"\s*(?P<name>.*?)\s*<(?P<address>[^<>]*)>\s*")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address in normal form (NFC, domain in lower case), a display name or "", and how SMTP takes the address.

    `envelope` has the domain as A-labels; `smtputf8` tells that the local part is not ASCII (RFC 6531).
    """

    address: str
    name: str
    envelope: str
    smtputf8: bool


def one_line(header: str, value: str) -> str:
    """The value itself, if a header can carry it. Raises HeaderRefused that names the header."""
    for position, character in enumerate(value):
        if unicodedata.category(character) in _UNFIT:
            raise HeaderRefused(header, f"U+{ord(character):04X} at position {position} is not allowed in a header")
    return value


def mailbox(header: str, address: str, name: str = "") -> Mailbox:
    """Check an address's syntax (RFC 5321, 6531) and a display name. Raises HeaderRefused that names the header."""
    one_line(header, address)
    try:
        valid = email_validator.validate_email(address, check_deliverability=False)
    except email_validator.EmailNotValidError as error:
        raise HeaderRefused(header, f"not a mail address: {error}") from error
    envelope = valid.ascii_email or f"{valid.local_part}@{valid.ascii_domain}"
    # Mail readers take runs of blanks in a name for one.
    shown = re.sub(r"\s{2,}", " ", one_line(header, name)).strip()
    return Mailbox(valid.normalized, shown, envelope, valid.smtputf8)


def parse(header: str, text: str) -> Mailbox:
    """`Ada Lovelace <ada@example.org>` or a bare address. Raises HeaderRefused that names the header."""
    match = _NAMED.fullmatch(one_line(header, text))
    if match is None:
        return mailbox(header, text.strip())
    return mailbox(header, match["address"], match["name"].strip('"'))
