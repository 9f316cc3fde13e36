"""Mail addresses and names as headers and envelopes can carry them. Pure, any thread; never asks the DNS."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import email_validator

from apps.email.errors import HeaderRefused

#: Categories no header value may hold: controls (CR and LF among them), surrogates, line and paragraph separators.
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})
#: A local part that every standard takes as it is: a dot-atom of at most 64 octets (RFC 5321, 4.1.2 and 4.5.3.1.1).
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}@)([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@(.+)")
_MAX_ADDRESS = 254
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
    if value.isascii() and value.isprintable():
        return value
    for position, character in enumerate(value):
        if unicodedata.category(character) in _UNFIT:
            raise HeaderRefused(header, f"U+{ord(character):04X} at position {position} is not allowed in a header")
    return value


def mailbox(header: str, address: str, name: str = "") -> Mailbox:
    """Check an address's syntax (RFC 5321, 6531) and a display name. Raises HeaderRefused that names the header."""
    one_line(header, address)
    try:
        normal, envelope, smtputf8 = _checked(address)
    except email_validator.EmailNotValidError as error:
        raise HeaderRefused(header, f"not a mail address: {error}") from error
    # Mail readers take runs of blanks in a name for one.
    shown = re.sub(r"\s{2,}", " ", one_line(header, name)).strip()
    return Mailbox(normal, shown, envelope, smtputf8)


def _checked(address: str) -> tuple[str, str, bool]:
    """The address in normal form, as SMTP takes it, and whether that needs RFC 6531. Raises EmailNotValidError."""
    plain = _PLAIN_LOCAL.fullmatch(address) if len(address) <= _MAX_ADDRESS else None
    if plain is None:
        valid = email_validator.validate_email(address, check_deliverability=False)
        envelope = valid.ascii_email or f"{valid.local_part}@{valid.ascii_domain}"
        return valid.normalized, envelope, valid.smtputf8
    domain, ascii_domain = _domain(plain[2])
    if max(len(domain), len(ascii_domain)) + len(plain[1]) >= _MAX_ADDRESS:
        email_validator.validate_email(address, check_deliverability=False)
    return f"{plain[1]}@{domain}", f"{plain[1]}@{ascii_domain}", False


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> tuple[str, str]:
    """A domain in normal form and as A-labels; most people share a few. Raises EmailNotValidError."""
    valid = email_validator.validate_email(f"x@{domain}", check_deliverability=False)
    return valid.domain, valid.ascii_domain


@lru_cache(maxsize=1000)
def parse(header: str, text: str) -> Mailbox:
    """`Ada Lovelace <ada@example.org>` or a bare address. Raises HeaderRefused that names the header."""
    match = _NAMED.fullmatch(one_line(header, text))
    if match is None:
        return mailbox(header, text.strip())
    return mailbox(header, match["address"], match["name"].strip('"'))
