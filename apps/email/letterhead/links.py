"""Links in a mail by which one person leaves one topic or sees their preferences, without a password. Pure; any thread.

    PUBLIC_URL/public/unsubscribe/TOKEN        TOKEN = base64url(what it stands for) "." base64url(signature)

The token names the person and the topic and nothing else: no address to go on to, nothing to redirect by. It does not
expire, for mails are kept for years; whoever was forwarded the mail can use it too.
"""

import base64
import binascii
import json
from dataclasses import dataclass

from apps.email.letterhead import secret

PURPOSE = "link"
MOST_CHARACTERS = 1500
_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Stands:
    """What a link stands for.

    Attributes:
        person: id of a profile, "" when nobody had one.
        address: the key of the address, only when there is no person.
        topic: what the mail was about; "" for all bulk mail.
        locale: the language of the mail.
    """

    person: str = ""
    address: str = ""
    topic: str = ""
    locale: str = ""


def token(stands: Stands, signing: bytes) -> str:
    text = _json([stands.person, stands.address, stands.topic, stands.locale])
    return f"{_base64(text.encode())}.{_base64(secret.sign(signing, PURPOSE, text))}"


def read(token: str, signing: bytes) -> Stands | None:
    """None for what we never signed."""
    body, _, signature = token.partition(".")
    if len(token) > MOST_CHARACTERS:
        return None
    try:
        text = _octets(body).decode()
        if not secret.agrees(signing, PURPOSE, text, _octets(signature)):
            return None
        return Stands(*json.loads(text))
    except (ValueError, TypeError, binascii.Error):
        return None


def _base64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
