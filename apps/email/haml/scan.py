"""HAML's lines: a tree by indentation, with several physical lines joined where they are one. Pure.

Joined are lines that end in ` |`, code whose line ends in a comma, and tags whose attributes' brackets are still open.
Below a filter and a silent comment nothing is HAML: those lines are kept as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.email.haml.errors import HamlError

_RAW = re.compile(r":[\w-]|-#")
_MULTILINE = re.compile(r"\s\|\s*$")
_OPEN, _CLOSE = {"{": "}", "(": ")", "[": "]"}, {"}": "{", ")": "(", "]": "["}


@dataclass(slots=True)
class Line:
    """`text` without indentation; `raw` are the lines below it that are no HAML, relative to their own indentation."""

    number: int
    indent: int
    text: str
    children: list["Line"] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)


def scan(source: str) -> list[Line]:
    """The lines without indentation, with those below them. Raises HamlError for indentation that fits nowhere."""
    root = Line(0, -1, "")
    above = [root]
    physical = source.lstrip("\ufeff").expandtabs(2).splitlines()
    lines = iter(_joined(physical))
    for line in lines:
        while above[-1].indent >= line.indent:
            above.pop()
        siblings = above[-1].children
        if siblings and siblings[0].indent != line.indent:
            raise HamlError(f"indented by {line.indent}, its neighbours by {siblings[0].indent}", line.number)
        siblings.append(line)
        above.append(line)
    return root.children


def _joined(physical: list[str]) -> Iterator[Line]:
    place = 0
    while place < len(physical):
        text = physical[place].strip()
        number, indent = place + 1, len(physical[place]) - len(physical[place].lstrip())
        place += 1
        if not text:
            continue
        if _RAW.match(text):
            below = _below(physical, place, indent)
            place += below
            yield Line(number, indent, text, raw=_dedented(physical[place - below : place], indent))
            continue
        text, place = _continued(physical, physical[place - 1].lstrip().rstrip("\n"), place)
        yield Line(number, indent, text)


def _below(physical: list[str], place: int, indent: int) -> int:
    """How many lines are indented deeper, or blank: a filter's text ends where the next line begins."""
    count = 0
    for line in physical[place:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        count += 1
    return count


def _dedented(lines: list[str], indent: int) -> list[str]:
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=indent)
    return [line[margin:].rstrip() if line.strip() else "" for line in lines]


def _continued(physical: list[str], text: str, place: int) -> tuple[str, int]:
    if _MULTILINE.search(text):
        pieces = [_MULTILINE.sub("", text)]
        while place < len(physical) and _MULTILINE.search(physical[place]):
            pieces.append(_MULTILINE.sub("", physical[place]).strip())
            place += 1
        return " ".join(pieces), place
    while place < len(physical) and (is_open(text) or (text[0] in "=-~&!" and text.rstrip().endswith(","))):
        text, place = f"{text.rstrip()} {physical[place].strip()}", place + 1
    return text.rstrip(), place


def is_open(text: str) -> bool:
    """Whether a tag's attributes, which begin right after its name, end only on a later line."""
    name = re.match(r"[%.#][\w:.#-]*", text)
    place = name.end() if name else len(text)
    while place < len(text) and text[place] in _OPEN:
        end = closing(text, place)
        if end is None:
            return True
        place = end + 1
    return False


def closing(text: str, start: int) -> int | None:
    """Where the bracket at `start` is closed, texts in quotes left aside; None if it is not."""
    depth, quote, place = 0, "", start
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\":
                place += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            if not depth:
                return place
        place += 1
    return None
