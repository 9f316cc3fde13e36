"""A mail taken apart for people to look at, however broken or hostile it is. Values only; any thread.

Everything but `frame` is plain text. Not guaranteed: that a broken mail is shown as its recipient's program would.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from apps.email.foreign import printable
from apps.email.pictures import Pictures, pictures, shown

#: A mail's HTML may style itself and show pictures that it carries inside; it may not load, run, send or lead anywhere.
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
#: Elements that a mail has no use for. The policy stops what they load, but for a nested frame Chromium connects to the
#: server before it asks the policy, and a link to prefetch asks the name service: enough to tell who read a mail when.
ACTIVE = re.compile(r"<(/?)(?=(?:iframe|frame|frameset|object|embed|link|base|meta)[\s/>])", re.IGNORECASE)
MAX_SOURCE_CHARS = 200_000
NONE: Pictures = {}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not shown."""

    name: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What there is to see. `headers` are decoded and in order; `text` and `html` are None without such a part;
    `pictures` are those that the HTML may show."""

    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]
    source: str
    pictures: Pictures

    def header(self, name: str) -> str:
        """The first header of that name, empty when there is none."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")


def read(content: bytes) -> Reading:
    """Take a mail apart."""
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    text = next((part for part in parts if _is_shown(part, "text/plain")), None)
    markup = next((part for part in parts if _is_shown(part, "text/html")), None)
    rest = [part for part in parts if part is not text and part is not markup]
    return Reading(
        headers=tuple(_headers(message)),
        text=None if text is None else decoded(text),
        html=None if markup is None else decoded(markup),
        attachments=tuple(_attachment(part) for part in rest),
        source=_source(content),
        pictures=pictures(rest),
    )


def frame(markup: str, carried: Pictures = NONE) -> str:
    """A document for the `srcdoc` of an iframe with an empty `sandbox`: the mail's HTML behind a policy of its own.

    The sandbox stops scripts, forms, popups and redirects; the policy stops everything that would be loaded. Active
    elements are renamed, so that they mean nothing. Pictures that the mail carries are put into the HTML itself.
    """
    policy_tag = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(CONTENT_POLICY)}">'
    quiet = '<meta name="referrer" content="no-referrer"><meta http-equiv="x-dns-prefetch-control" content="off">'
    return f'<!doctype html><meta charset="utf-8">{policy_tag}{quiet}' + ACTIVE.sub(r"<\1x-", shown(markup, carried))


def decoded(part: EmailMessage) -> str:
    """A part's text; what its charset does not explain becomes U+FFFD."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _is_shown(part: EmailMessage, content_type: str) -> bool:
    return part.get_content_type() == content_type and part.get_content_disposition() != "attachment"


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """Header by header, so that one that cannot be parsed shows as it stands and hides no other."""
    for name, raw in message.raw_items():
        try:
            value = str(message.policy.header_fetch_parse(name, raw))
        except Exception:  # a header may hold anything, and the parser raises what it likes
            value = str(raw)
        yield name, _one_line(value)


def _attachment(part: EmailMessage) -> Attachment:
    payload = part.get_payload(decode=True)
    size = len(payload) if isinstance(payload, bytes) else 0
    return Attachment(_one_line(part.get_filename() or "(no name)"), part.get_content_type(), size)


def _one_line(value: str) -> str:
    return printable(value).strip()


def _source(content: bytes) -> str:
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    cut = text[:MAX_SOURCE_CHARS]
    return cut if cut == text else f"{cut}\n[... {len(text) - MAX_SOURCE_CHARS} more characters]"
