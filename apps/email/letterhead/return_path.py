"""Return paths that say which mail came back (VERP), signed so that nobody can invent bounces. Pure; any thread.

    b-KEY-SIGNATURE@DOMAIN        KEY as the ledger knows the mail, SIGNATURE 16 hexadecimal digits

Everything is in lower case and stays below 64 octets (RFC 5321 4.5.3.1.1), because servers on the way may change case.
"""

import re

from apps.email.letterhead import secret

PURPOSE = "return path"
_KEY = re.compile(r"[0-9a-z.]{1,45}")
_LOCAL = re.compile(r"b-([0-9a-z.]{1,45})-([0-9a-f]{16})")


def write(key: str, domain: str, signing: bytes) -> str:
    """The address that bounces of the mail `key` come to. Raises ValueError for a key that it cannot carry."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key for a return path: {key!r}")
    return f"b-{key}-{secret.sign(signing, PURPOSE, key)[:8].hex()}@{domain}"


def read(address: str, signing: bytes) -> str | None:
    """The key of the mail that this recipient of a bounce was written for; None when we never wrote it."""
    match = _LOCAL.fullmatch(address.rpartition("@")[0].lower())
    if match is None or not secret.agrees(signing, PURPOSE, match[1], bytes.fromhex(match[2])):
        return None
    return match[1]
