"""The text parts of a mail: a small header, and the content in the encoding that suits it (RFC 2045, 2046).

`part` encodes a whole text. A `Frame` does the same for a skeleton, of which most lines are the same in every mail: it
encodes those once, and for each mail only the lines with holes. The octets are the same. Pure; any thread.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.email.fill import Hole, Skeleton, Variables

#: How long a line may be that stays as it is.
LINE = 76
_ASCII = bytes(range(128))
_BREAK = re.compile(r"\r\n|\r|\n")


def part(subtype: str, text: str) -> bytes:
    """One part, ready to be put between boundaries."""
    return _part(subtype, [Content.of(text)])


@dataclass(slots=True)
class Content:
    """Whole lines of a part. `plain`: they can stay as they are; `odd` octets of them are not ASCII."""

    octets: bytes
    plain: bool
    odd: int
    quoted: bytes | None = None

    @classmethod
    def of(cls, text: str) -> "Content":
        """Line ends of any kind become CRLF, as they must in text."""
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        octets = text.replace("\n", "\r\n").encode()
        if not octets.isascii():
            return cls(octets, False, len(octets.translate(None, delete=_ASCII)))
        return cls(octets, b"\0" not in octets and max(map(len, octets.split(b"\r\n"))) <= LINE, 0)

    def quoted_printable(self) -> bytes:
        return binascii.b2a_qp(self.octets, istext=True) if self.quoted is None else self.quoted

    def kept(self) -> "Content":
        """The same, for many mails."""
        return Content(self.octets, self.plain, self.odd, self.quoted_printable())


def _part(subtype: str, contents: Sequence[Content]) -> bytes:
    encoding, encoded = _encode(contents)
    return (
        b'Content-Type: text/%b; charset="utf-8"\r\nContent-Transfer-Encoding: %b\r\n\r\n'
        % (subtype.encode(), encoding)
        + encoded
    )


def _encode(contents: Sequence[Content]) -> tuple[bytes, bytes]:
    plain, odd, size = True, 0, 0
    for content in contents:
        plain = plain and content.plain
        odd += content.odd
        size += len(content.octets)
    if plain:
        return b"7bit", b"".join([content.octets for content in contents])
    # Three octets for each that is not ASCII against four for every three.
    if odd * 6 <= size:
        # No escape and no soft line break reaches over the end of a line.
        return b"quoted-printable", b"".join([content.quoted_printable() for content in contents])
    octets = b"".join([content.octets for content in contents])
    return b"base64", base64.encodebytes(octets).replace(b"\n", b"\r\n")


class Frame:
    """A part whose text is a skeleton."""

    def __init__(self, subtype: str, skeleton: Skeleton) -> None:
        self._subtype = subtype
        self._pieces = [
            piece if isinstance(piece, Skeleton) else Content.of(piece).kept() for piece in _pieces(skeleton) if piece
        ]

    def fill(self, variables: Variables) -> bytes:
        """What `part` makes of the filled text."""
        return _part(
            self._subtype,
            [piece if isinstance(piece, Content) else Content.of(piece.fill(variables)) for piece in self._pieces],
        )


def _pieces(skeleton: Skeleton) -> Iterator[str | Skeleton]:
    """The skeleton cut at line ends, as finely as holes allow: whole lines without a hole, and lines with holes."""
    *texts, last = skeleton.texts
    span: list[str] = []
    holes: list[Hole] = []
    for text, hole in zip(texts, skeleton.holes, strict=True):
        begin, end = _inner(text, bool(span), True)
        if begin is None:
            span.append(text)
        else:
            if span:
                yield Skeleton((*span, text[:begin]), tuple(holes))
                yield text[begin:end]
            else:
                yield text[:end]
            span, holes = [text[end:]], []
        holes.append(hole)
    if not span:
        yield last
        return
    begin, _ = _inner(last, True, False)
    yield Skeleton((*span, last if begin is None else last[:begin]), tuple(holes))
    yield "" if begin is None else last[begin:]


def _inner(text: str, after_hole: bool, before_hole: bool) -> tuple[int | None, int]:
    """Where the first and the last line break of `text` end; None without one.

    A break at the very edge is not counted where it could be half of one, with a value's end or beginning.
    """
    start = 1 if after_hole and text.startswith("\n") else 0
    ends = [found.end() for found in _BREAK.finditer(text, start, len(text) - (before_hole and text.endswith("\r")))]
    return (ends[0], ends[-1]) if ends else (None, 0)
