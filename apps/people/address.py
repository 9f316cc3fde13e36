"""Mail addresses in the one form in which they are kept and compared. Pure, any thread; never asks the DNS.

Kept: NFC, the domain as lower-case A-labels, the case of the local part as given (RFC 5321 leaves it to the receiver).
Compared: by `key`, which also ignores the case of the local part: no receiver of weight tells them apart, and a person
who unsubscribed as Ada@ must not get mail as ada@.
"""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from apps.people.errors import Refused
from apps.people.text import one_line


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is what mail is sent to, `key` what is compared."""

    text: str
    key: str


def parse(value: object) -> Address:
    """Check the syntax (RFC 5321, 6531; no quoted local parts, no bare hosts). Raises Refused."""
    if not isinstance(value, str) or not value.strip():
        raise Refused("address", "is missing", value)
    given = one_line("address", value.strip())
    try:
        valid = validate_email(given, check_deliverability=False)
    except EmailNotValidError as error:
        raise Refused("address", f"is not a mail address: {error}", value) from error
    local, domain = valid.local_part, valid.ascii_domain.lower()
    return Address(f"{local}@{domain}", f"{_folded(local)}@{domain}")


def _folded(local: str) -> str:
    # Lower case, not case folding: that would take `ß` and `ss`, two mailboxes, for one.
    return unicodedata.normalize("NFC", local.lower())
