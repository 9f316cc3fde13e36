"""What a mail server answers: replies of RFC 5321 4.2, with the enhanced status codes of RFC 3463 and RFC 2034.

Pure; any thread. Not here: what a reply means for a mail (verdicts).
"""

import re
from collections import deque
from dataclasses import dataclass
from functools import cached_property, lru_cache

from actors.smtp.errors import BadReply

MAX_LINE_OCTETS = 4096
"""RFC 5321 allows 512; servers with long policy texts exceed it."""
MAX_LINES = 256

_LINE = re.compile(rb"([2-5][0-5][0-9])(?:([ -])(.*))?", re.DOTALL)
_NUMBER = r"(0|[1-9]\d{0,2})"
_ENHANCED = re.compile(rf"([245])\.{_NUMBER}\.{_NUMBER}(?:\s+|$)", re.ASCII)


@dataclass(frozen=True)
class Reply:
    """One whole reply. `enhanced` is set only where its class agrees with the code; `lines` come without it.

    What follows from these is worked out once: most mails get the very same reply (see `parse`).
    """

    code: int
    enhanced: str | None = None
    lines: tuple[str, ...] = ()

    @cached_property
    def category(self) -> int:
        """First digit: 2 done, 3 go on, 4 not now, 5 never."""
        return self.code // 100

    @cached_property
    def positive(self) -> bool:
        return self.category == 2

    @property
    def text(self) -> str:
        return " ".join(line for line in self.lines if line)

    @cached_property
    def shown(self) -> str:
        """All of it in one line."""
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)

    def __str__(self) -> str:
        return self.shown


class ReplyParser:
    """Cuts the octets a server sends into replies. One thread at a time."""

    def __init__(self) -> None:
        self._whole: deque[bytes] = deque()
        self._rest = b""
        self._lines: list[bytes] = []

    @property
    def empty(self) -> bool:
        """Nothing is left over, not even part of a line."""
        return not self._whole and not self._rest and not self._lines

    def feed(self, octets: bytes) -> None:
        *whole, self._rest = (self._rest + octets).split(b"\n")
        self._whole.extend(whole)

    def next(self) -> Reply | None:
        """The next whole reply, None when it has not arrived yet. Raises BadReply."""
        while self._whole:
            line = self._checked(self._whole.popleft()).removesuffix(b"\r")
            self._lines.append(line)
            if line[3:4] != b"-":
                lines, self._lines = self._lines, []
                return parse(tuple(lines))
            if len(self._lines) >= MAX_LINES:
                raise BadReply(f"the server's reply has more than {MAX_LINES} lines")
        self._checked(self._rest)
        return None

    @staticmethod
    def _checked(line: bytes) -> bytes:
        if len(line) > MAX_LINE_OCTETS:
            raise BadReply(f"a line of the server's reply is longer than {MAX_LINE_OCTETS} octets")
        return line


@lru_cache(maxsize=256)  # a server says the same few things all day
def parse(lines: tuple[bytes, ...]) -> Reply:
    """One reply from its lines, without line ends. Raises BadReply."""
    if not lines:
        raise BadReply("an empty reply")
    parts = [_parse_line(line) for line in lines]
    code = parts[0][0]
    if any(other != code for other, _, _ in parts):
        raise BadReply(f"the lines of a reply disagree about its code, the first says {code}")
    if any(separator != "-" for _, separator, _ in parts[:-1]) or parts[-1][1] == "-":
        raise BadReply(f"the lines of a reply with code {code} do not hang together")
    enhanced = _enhanced(code, parts[0][2])
    return Reply(code, enhanced, tuple(_without(enhanced, text) for _, _, text in parts))


def _parse_line(line: bytes) -> tuple[int, str, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadReply(f"not an SMTP reply: {printable(line[:80])!r}")
    code, separator, text = match.groups(b"")
    return int(code), separator.decode(), printable(text).strip()


def printable(octets: bytes) -> str:
    """Text that is safe to log and to show: UTF-8 where it is, no control characters."""
    text = octets.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _enhanced(code: int, text: str) -> str | None:
    match = _ENHANCED.match(text)
    if match is None or int(match[1]) != code // 100:
        return None
    return f"{match[1]}.{match[2]}.{match[3]}"


def _without(enhanced: str | None, text: str) -> str:
    match = _ENHANCED.match(text)
    if enhanced is None or match is None or match[0].strip() != enhanced:
        return text
    return text[match.end() :]
