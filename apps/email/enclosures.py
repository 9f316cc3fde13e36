"""Files that go with a template's mails: `attachments/NAME`, and `inline/NAME` for pictures that its HTML shows.

A template names a picture `cid:NAME`; in the mail it is `cid:NAME@DOMAIN`, and its Content-ID `<NAME@DOMAIN>`, with the
domain of the Message-ID (RFC 2392, 5322). `attachments/de/NAME` and `inline/de/NAME`
stand in for NAME, or are added, in mails that are written in that language or one that falls back to it. Files whose
name begins with a dot are no part of a mail. A file is encoded once, for all mails of all templates and languages.
Any thread; reads files.
"""

import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path

from apps.email import locale
from apps.email.errors import TemplateError, UnknownLocale

INLINE, ATTACHMENTS = "inline", "attachments"
#: Of all files of one mail, before base64. A sender holds a window of a hundred mails, each with its copy.
MOST_OCTETS = 1024 * 1024
PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
#: A picture's name stands in HTML and in a Content-ID as it is.
_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_REFERENCE = re.compile(r"\bcid:([^\s\"'<>()]+)(?=[\"'\s<>)])", re.IGNORECASE)
#: A reference in a template's source, with expressions in it, up to where the attribute ends.
_WRITTEN = re.compile(r"\b(cid:(?:\{\{.*?\}\}|[^\s\"'<>(){}@])+)(?=[\"'\s<>)])", re.IGNORECASE)
_UNKNOWN = "application/octet-stream"
#: Without what this machine adds to it.
_TYPES = mimetypes.MimeTypes()

Files = Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One file: `part` is ready to be put between boundaries, `head` is its header; `size` in octets of the file."""

    name: str
    size: int
    head: bytes
    part: bytes


@dataclass(frozen=True, slots=True)
class Enclosures:
    """The files of one template in one language, by name."""

    inline: tuple[Enclosed, ...] = ()
    attachments: tuple[Enclosed, ...] = ()


NOTHING = Enclosures()


def references(markup: str) -> frozenset[str]:
    """The pictures that HTML, or a piece of it, shows, without a domain; a name that goes on beyond the piece is not
    told."""
    return frozenset(name.partition("@")[0] for name in _REFERENCE.findall(markup))


def qualified(source: str, domain: str) -> str:
    """A template's source whose references to pictures have the domain, if there is one."""
    return _WRITTEN.sub(rf"\g<1>@{domain}", source) if domain else source


def enclosures(
    template: str, chain: tuple[str, ...], inline: Files, attachments: Files, domain: str = ""
) -> Enclosures:
    """What goes with mails in the first language of `chain`. The files are named by their paths below `inline` and
    `attachments`. Raises TemplateError that names the file."""
    if not inline and not attachments:
        return NOTHING
    shown, attached = _chosen(template, chain, INLINE, inline), _chosen(template, chain, ATTACHMENTS, attachments)
    try:
        size = sum(path.stat().st_size for path in (*shown.values(), *attached.values()))
        if size > MOST_OCTETS:
            raise TemplateError(
                template, chain[0], f"attachments and inline pictures are {size:,} octets, at most {MOST_OCTETS:,} fit"
            )
        return Enclosures(_all(shown, domain, picture=True), _all(attached, domain, picture=False))
    except OSError as error:
        raise TemplateError(template, chain[0], f"{error.filename}: {error.strerror}") from error


def _chosen(template: str, chain: tuple[str, ...], kind: str, files: Files) -> dict[str, Path]:
    """Name -> file; of one name that of the nearest language, then that of none."""
    variants: dict[str | None, dict[str, Path]] = {}
    for below, path in files.items():
        if fault := _fault(kind, path.name):
            raise TemplateError(template, chain[0], f"{kind}/{below}: {fault}")
        try:
            tag = locale.parse(below.rpartition("/")[0]) if "/" in below else None
        except UnknownLocale as error:
            raise TemplateError(template, chain[0], f"{kind}/{below}: {error}") from error
        variants.setdefault(tag, {})[path.name] = path
    chosen: dict[str, Path] = {}
    for tag in (None, *reversed(chain)):
        chosen |= variants.get(tag, {})
    return chosen


def _fault(kind: str, name: str) -> str | None:
    if not name.isprintable():
        return "the name holds a control character"
    if kind == INLINE and Path(name).suffix.lower() not in PICTURES:
        return f"only {', '.join(PICTURES)} can be shown"
    if kind == INLINE and not _PICTURE.fullmatch(name):
        return "the name of a picture is letters, digits, '.', '_' and '-' of ASCII"
    return None


def _all(files: Files, domain: str, picture: bool) -> tuple[Enclosed, ...]:
    return tuple(_encoded(path, domain, picture, path.stat().st_mtime_ns) for _, path in sorted(files.items()))


@lru_cache(maxsize=256)
def _encoded(path: Path, domain: str, picture: bool, changed_at: int) -> Enclosed:
    """`changed_at` makes a file that has changed another one."""
    octets = path.read_bytes()
    main, _, sub = _type(path.name).partition("/")
    message = EmailMessage(policy=SMTP)
    message.set_content(octets, main, sub, disposition="inline" if picture else "attachment", filename=path.name)
    if picture:
        message["Content-ID"] = f"<{path.name}@{domain}>" if domain else f"<{path.name}>"
    del message["MIME-Version"]
    part = message.as_bytes()
    return Enclosed(path.name, len(octets), part.partition(b"\r\n\r\n")[0], part)


def _type(name: str) -> str:
    if (shown := PICTURES.get(Path(name).suffix.lower())) is not None:
        return shown
    kind, compressed = _TYPES.guess_type(name)
    # What holds further mails or parts must not be in base64 (RFC 2045, 6.4).
    return _UNKNOWN if kind is None or compressed or kind.startswith(("message/", "multipart/")) else kind


def names(files: Iterable[Enclosed]) -> tuple[str, ...]:
    return tuple(one.name for one in files)
