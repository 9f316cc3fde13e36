"""The pictures that a mail carries inside, as addresses that its HTML shows without loading anything (RFC 2392, 2397).

Values only; any thread. What looks like a picture is one to the browser alone, in a frame that can do nothing.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from urllib.parse import unquote

#: What browsers show as pictures and nothing else: an SVG is a document.
KINDS = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: Octets of all of them; a mail with more shows the first ones.
MOST_OCTETS = 4 * 1024 * 1024
_REFERENCE = re.compile(r"\bcid:([^\s\"'<>()]+)", re.IGNORECASE)

Pictures = Mapping[str, str]


def pictures(parts: Iterable[EmailMessage]) -> Pictures:
    """By Content-ID, without its angle brackets, the first of that name."""
    found: dict[str, str] = {}
    room = MOST_OCTETS
    for part in parts:
        kind, id = part.get_content_type(), content_id(part)
        octets = part.get_payload(decode=True) if kind in KINDS and id else None
        if isinstance(octets, bytes) and id not in found and len(octets) <= room:
            room -= len(octets)
            found[id] = f"data:{kind};base64,{base64.b64encode(octets).decode()}"
    return found


def content_id(part: EmailMessage) -> str:
    """Empty without one. Taken from the raw header, which may be anything."""
    raw = next((str(value) for name, value in part.raw_items() if name.lower() == "content-id"), "")
    return raw.strip().removeprefix("<").removesuffix(">")


def shown(markup: str, pictures: Pictures) -> str:
    """The same HTML; where it names one of these pictures, that picture itself."""
    return _REFERENCE.sub(lambda found: pictures.get(unquote(found[1]), found[0]), markup) if pictures else markup
