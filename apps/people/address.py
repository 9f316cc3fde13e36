"""Mail addresses in the one form in which they are kept and compared. Pure, any thread; never asks the DNS.

Kept: NFC, the domain as lower-case A-labels, the case of the local part as given (RFC 5321 leaves it to the receiver).
Compared: by `key`, which also ignores the case of the local part: no receiver of weight tells them apart, and a person
who unsubscribed as Ada@ must not get mail as ada@.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from apps.people.errors import Refused
from apps.people.text import one_line, trimmed

#: RFC 5321, 4.5.3.1, with the erratum that leaves 254 for the whole.
MAX_LOCAL_CHARACTERS = 64
MAX_CHARACTERS = 254
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is what mail is sent to, `key` what is compared."""

    text: str
    key: str


def parse(value: object) -> Address:
    """Check the syntax (RFC 5321, 6531; no quoted local parts, no bare hosts). Raises Refused."""
    given = one_line("address", trimmed(value)) if isinstance(value, str) else ""
    if not given:
        raise Refused("address", "is missing", value)
    try:
        local, domain = _parts(given)
    except EmailNotValidError as error:
        raise Refused("address", f"is not a mail address: {error}", value) from error
    return Address(f"{local}@{domain}", f"{_folded(local)}@{domain}")


def _parts(given: str) -> tuple[str, str]:
    """Local part and domain, normalised. Most addresses have a plain local part and a domain that was seen before."""
    local, _, domain = given.rpartition("@")
    if len(local) <= MAX_LOCAL_CHARACTERS and _DOT_ATOM.fullmatch(local):
        labels = _domain(domain)
        if len(local) + 1 + len(labels) <= MAX_CHARACTERS:
            return local, labels
    valid = validate_email(given, check_deliverability=False, strict=True)
    return valid.local_part, valid.ascii_domain.lower()


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    return validate_email(f"x@{domain}", check_deliverability=False).ascii_domain.lower()


def _folded(local: str) -> str:
    # Lower case, not case folding: that would take `ß` and `ss`, two mailboxes, for one.
    return unicodedata.normalize("NFC", local.lower())
