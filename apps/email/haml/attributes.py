"""A tag's attributes, HTML's `(a='b' flag)` and Ruby's `{:a => 'b', c: d}`, as names and Ruby expressions. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.email.haml.errors import HamlError
from apps.email.haml.scan import closing

_HTML = re.compile(r"\s*([\w:@.-]+)(?:\s*=\s*)?")
_BARE = re.compile(r"[\w@.]+[?!]?")
_KEY = re.compile(
    r"""\s*(?:
        :(?P<symbol>[\w-]+)\s*=>
      | :(?P<quote>["'])(?P<quoted>[^"']*)(?P=quote)\s*=>
      | (?P<quote2>["'])(?P<text>[^"']*)(?P=quote2)\s*(?:=>|:)
      | (?P<name>\w+):(?!:)
    )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`code` is Ruby; `true` where HTML has the name alone."""

    name: str
    code: str


def html_attributes(text: str, line: int) -> Iterator[Attribute]:
    """Raises HamlError."""
    place = 0
    while text[place:].strip():
        found = _HTML.match(text, place)
        if found is None:
            raise HamlError(f"{text[place:].strip()!r} is no attribute", line)
        place = found.end()
        if "=" not in found[0]:
            yield Attribute(found[1], "true")
            continue
        end = _value_end(text, place)
        if end == place:
            raise HamlError(f"the attribute {found[1]} has no value", line)
        yield Attribute(found[1], text[place:end])
        place = end


def _value_end(text: str, place: int) -> int:
    """Where a quoted text or a bare variable ends."""
    quote = text[place : place + 1]
    if quote in {'"', "'"}:
        end = place + 1
        while end < len(text) and text[end] != quote:
            end += 2 if text[end] == "\\" else 1
        return min(end + 1, len(text))
    bare = _BARE.match(text, place)
    return bare.end() if bare else place


def ruby_attributes(text: str, line: int, above: str = "") -> Iterator[Attribute]:
    """A hash; a hash in it makes names with dashes (`data: {id: 1}` is `data-id`). Raises HamlError."""
    for pair in split(text):
        found = _KEY.match(pair)
        if found is None:
            raise HamlError(f"{pair.strip()!r} is no pair of a name and a value", line)
        groups = ("symbol", "quoted", "text", "name")
        name = above + next(found[group] for group in groups if found[group] is not None)
        code = pair[found.end() :].strip()
        if code.startswith("{") and closing(code, 0) == len(code) - 1:
            yield from ruby_attributes(code[1:-1], line, f"{name}-")
        else:
            yield Attribute(name, code)


def split(text: str) -> Iterator[str]:
    """The text at its commas, those in brackets and quotes left aside; nothing for nothing."""
    start = depth = place = 0
    quote = ""
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\":
                place += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and not depth:
            yield text[start:place]
            start = place + 1
        place += 1
    if text[start:].strip():
        yield text[start:]
