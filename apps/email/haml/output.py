"""Jinja source in the making: fixed text, expressions, blocks, and line breaks that a tag may still take away. Pure."""

import re
from dataclasses import dataclass, field
from enum import Enum, auto

#: What Jinja would take for its own in fixed text: a brace before another, a percent sign or a hash; or at the end.
_JINJA = re.compile(r"\{(?=[{%#]|$)", re.MULTILINE)


class Mark(Enum):
    BREAK = auto()
    #: No line break on either side.
    EAT = auto()


@dataclass(frozen=True, slots=True)
class Jinja:
    """Source that Jinja is to act on."""

    source: str


@dataclass(slots=True)
class Output:
    pieces: list[str | Jinja | Mark] = field(default_factory=list)

    def text(self, text: str) -> None:
        """As it stands, whatever Jinja might think of it."""
        self.pieces.append(text)

    def put(self, expression: str) -> None:
        self.pieces.append(Jinja(f"{{{{ {expression} }}}}"))

    def block(self, code: str) -> None:
        """With plus signs, so that Jinja trims nothing around it."""
        self.pieces.append(Jinja(f"{{%+ {code} +%}}"))

    def end_line(self) -> None:
        self.pieces.append(Mark.BREAK)

    def eat(self) -> None:
        self.pieces.append(Mark.EAT)

    def source(self) -> str:
        found: list[str] = []
        plain = ""
        for piece in _eaten(self.pieces):
            if isinstance(piece, str):
                plain += piece
            else:
                found += [_fixed(plain), piece.source]
                plain = ""
        return "".join((*found, _fixed(plain)))


def _fixed(text: str) -> str:
    return _JINJA.sub("{{ '{' }}", text)


def _eaten(pieces: list[str | Jinja | Mark]) -> list[str | Jinja]:
    """Line breaks as text, but for those beside an EAT."""
    found: list[str | Jinja | Mark] = []
    for piece in pieces:
        if piece is Mark.EAT:
            while found and found[-1] is Mark.BREAK:
                found.pop()
        if not (piece is Mark.BREAK and found and found[-1] is Mark.EAT):
            found.append(piece)
    return ["\n" if piece is Mark.BREAK else piece for piece in found if piece is not Mark.EAT]
