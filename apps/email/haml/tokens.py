"""Ruby's tokens, as many kinds as templates need, and texts with `#{...}` in them. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.email.haml.errors import HamlError
from apps.email.haml.scan import closing

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d[\d_]*(?:\.\d+)?)
      | (?P<words>%w[\[(](?P<list>[^\])]*)[\])])
      | (?P<label>[A-Za-z_]\w*:(?!:))(?=\s)
      | (?P<name>@{0,2}[A-Za-z_]\w*[?!]?(?!=[^=>~]))
      | (?P<symbol>:"[^"]*"|:[A-Za-z_]\w*[?!]?)
      | (?P<operator>&&|\|\||&\.|==|!=|<=|>=|=>|::|\.\.|[-+*/%<>!?:.,()\[\]{}=])
      | (?P<quote>["'])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, words, label, name, symbol, operator, text or end; `value` what it stands for."""

    kind: str
    value: Any


def tokens(code: str, line: int) -> Iterator[Token]:
    """Raises HamlError for what no template should hold. A comment ends the code."""
    place = 0
    while code[place:].strip():
        found = _TOKEN.match(code, place)
        if found is None:
            if code[place:].lstrip().startswith("#"):
                break
            raise HamlError(f"Ruby {code[place:].strip()!r} is not translated", line)
        kind = str(found.lastgroup)
        if kind == "quote":
            value, place = _quoted(code, found.end() - 1, line)
            yield Token("text", value)
            continue
        place = found.end()
        match kind:
            case "number":
                digits = found["number"].replace("_", "")
                yield Token(kind, float(digits) if "." in digits else int(digits))
            case "words" | "list":
                yield Token("words", found["list"].split())
            case "label":
                yield Token(kind, found["label"][:-1])
            case "symbol":
                yield Token("text", (found["symbol"][1:].strip('"'),))
            case _:
                yield Token(kind, found[kind])
    yield Token("end", "")


Piece = str | tuple[str, None]  # a text, or Ruby


def _quoted(code: str, start: int, line: int) -> tuple[tuple[Piece, ...], int]:
    """The text that begins with the quote at `start`, and where it ends."""
    quote, place = code[start], start + 1
    while place < len(code) and code[place] != quote:
        if code[place] == "\\":
            place += 1
        elif quote == '"' and code.startswith("#{", place):
            end = closing(code, place + 1)
            if end is None:
                raise HamlError("'#{' is not closed", line)
            place = end
        place += 1
    if place >= len(code):
        raise HamlError(f"{code[start:]!r} is not closed", line)
    inner = code[start + 1 : place]
    if quote == "'":
        return (re.sub(r"\\(['\\])", r"\1", inner),), place + 1
    return tuple(interpolated(inner, line, escapes=True)), place + 1


def interpolated(text: str, line: int, *, escapes: bool = False) -> Iterator[Piece]:
    """The pieces of a text: `\\#{` is none of Ruby. With `escapes`, `\\n` and the like are what they are in quotes."""
    plain, place = "", 0
    while place < len(text):
        if text[place] == "\\":
            shown, place = _escape(text, place, escapes)
            plain += shown
        elif text.startswith("#{", place):
            end = closing(text, place + 1)
            if end is None:
                raise HamlError("'#{' is not closed", line)
            if plain:
                yield plain
            yield text[place + 2 : end], None
            plain, place = "", end + 1
        else:
            plain += text[place]
            place += 1
    if plain:
        yield plain


def _escape(text: str, place: int, escapes: bool) -> tuple[str, int]:
    """In a text without quotes a backslash means something before `#{` only, and is escaped by another there."""
    following = text[place + 1 : place + 2]
    if escapes and following:
        return _ESCAPES.get(following, following), place + 2
    if text.startswith("#{", place + 1):
        return "#{", place + 3
    if text.startswith("\\#{", place + 1):
        return "\\", place + 2
    return "\\", place + 1
