"""Signatures of webhooks: Twilio's (HMAC-SHA1 over URL and form) and Standard Webhooks' (HMAC-SHA256 over the body).

Pure; any thread. Comparisons take the same time whatever differs. A Twilio signature holds no time: a request that was
overheard may be repeated, which is why what comes in is told apart by the carrier's id.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from actors.carrier.errors import WrongSignature

#: How far the clock of a sender may be off (Standard Webhooks).
TOLERANCE_SECONDS = 300.0
_DEFAULT_PORTS = {"https": 443, "http": 80}
_PREFIX = "whsec_"

Fields = Iterable[tuple[str, str]]


def twilio_signature(token: str, url: str, fields: Fields = ()) -> str:
    """For the header `X-Twilio-Signature`. Each value of a repeated field counts once, in order."""
    said = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), hashlib.sha1)).decode()


def verify_twilio(token: str, signature: str, url: str, fields: Fields = (), body: bytes | None = None) -> None:
    """Raises WrongSignature. `body`: of a request that is no form; the URL then holds its SHA-256.

    Twilio signs some URLs with their port and some without; all are ours.
    """
    given, fields = signature.encode(), tuple(fields)
    if not any(hmac.compare_digest(twilio_signature(token, one, fields).encode(), given) for one in _spellings(url)):
        raise WrongSignature("X-Twilio-Signature is not made with our token for this URL; see callback_url")
    if body is not None:
        promised = parse_qs(urlsplit(url).query).get("bodySHA256", [""])[0]
        if not hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), promised.lower().encode()):
            raise WrongSignature("bodySHA256 in the URL is not that of the body")


def _spellings(url: str) -> Iterator[str]:
    yield url
    parts = urlsplit(url)
    if parts.port is not None:
        yield _with_authority(parts, parts.netloc.rpartition(":")[0])
    elif parts.scheme in _DEFAULT_PORTS:
        yield _with_authority(parts, f"{parts.netloc}:{_DEFAULT_PORTS[parts.scheme]}")


def _with_authority(parts: SplitResult, authority: str) -> str:
    return urlunsplit(parts._replace(netloc=authority))


def standard_signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """For the header `webhook-signature`; `secret` is base64, with or without its prefix. Raises ValueError."""
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def key_of(secret: str) -> bytes:
    """Raises ValueError when it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret of Standard Webhooks is base64, after whsec_") from error


def verify_standard(secret: str, id: str, timestamp: str, signatures: str, body: bytes, now: float) -> None:
    """Raises WrongSignature. One of the `signatures`, between spaces, suffices; `now` is seconds since the epoch."""
    if not timestamp.isdecimal() or len(timestamp) > 15 or abs(int(timestamp) - now) > TOLERANCE_SECONDS:
        raise WrongSignature("webhook-timestamp is not of these minutes")
    expected = standard_signature(secret, id, int(timestamp), body).encode()
    if not any(hmac.compare_digest(expected, given.encode()) for given in signatures.split()):
        raise WrongSignature("webhook-signature is not made with our secret")
