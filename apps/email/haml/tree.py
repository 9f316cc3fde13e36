"""What HAML's lines mean: nodes that `write` turns into Jinja. Pure; Ruby in them is not looked at yet."""

import re
from dataclasses import dataclass

from apps.email.haml.attributes import Attribute, html_attributes, ruby_attributes
from apps.email.haml.errors import HamlError
from apps.email.haml.scan import Line, closing, scan


@dataclass(frozen=True, slots=True)
class Script:
    """Ruby whose value is put out. `escape` is None where the file decides; `keep`: line breaks in `<pre>` are kept."""

    code: str
    escape: bool | None = None
    keep: bool = False


Content = str | Script  # a text with `#{...}` in it, or Ruby


@dataclass(frozen=True, slots=True)
class Node:
    line: int
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Doctype(Node):
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Put(Node):
    """A line of content."""

    content: Content = ""


@dataclass(frozen=True, slots=True)
class Tag(Node):
    name: str = "div"
    classes: tuple[str, ...] = ()
    id: str = ""
    attributes: tuple[Attribute, ...] = ()
    content: Content = ""
    closed: bool = False
    eats_outside: bool = False
    eats_inside: bool = False


@dataclass(frozen=True, slots=True)
class Code(Node):
    """Ruby that puts nothing out: control flow and assignments."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """One that stands in the HTML."""

    text: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Filter(Node):
    name: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark(Node):
    """A comment that is not in the HTML; its text may choose the layout."""

    text: str = ""


_TAG = re.compile(r"(?:%(?P<name>[\w:-]+))?(?P<marks>(?:[.#](?:\\.|[^\s.#{}()\[\]=<>&!~\\])*\\?)*)")
_MARK = re.compile(r"([.#])([^.#]*)")
_MODIFIERS = re.compile(r"[<>]*")


def parse(source: str) -> tuple[Node, ...]:
    """Raises HamlError."""
    return tuple(map(_node, scan(source)))


def _node(line: Line) -> Node:
    text = line.text
    children = tuple(map(_node, line.children))
    match text[0]:
        case "!" if text.startswith("!!!"):
            return Doctype(line.number, kind=text[3:].strip())
        case "%":
            return _tag(line, children)
        case "." | "#" if text[1:2] and text[1] not in "{ " and (text[0] == "#" or text[1] != "."):
            return _tag(line, children)
        case "-" if text.startswith("-#"):
            return Remark(line.number, text=text[2:].strip())
        case "-":
            return Code(line.number, children, text[1:].strip())
        case "/":
            return _comment(line, children)
        case ":" if text[1:2].isalpha():
            return Filter(line.number, name=text[1:].strip(), lines=tuple(line.raw))
        case "\\":
            return Put(line.number, children, text if text.startswith(("\\#{", "\\\\")) else text[1:])
    return Put(line.number, children, content(text, line.number))


def content(text: str, line: int) -> Content:
    """Text after a tag, or a line of its own: Ruby if it begins like it."""
    escape = {"&": True, "!": False}.get(text[:1])
    rest = text[1:] if escape is not None else text
    if rest.startswith("=="):
        return rest[2:].strip()
    if rest.startswith(("=", "~")):
        return Script(rest[1:].strip(), escape, rest[0] == "~")
    return text if escape is None else rest.strip() if rest[:1] == " " else text


def _tag(line: Line, children: tuple[Node, ...]) -> Tag:
    found = _TAG.match(line.text)
    assert found is not None
    marks = _MARK.findall(found["marks"])
    if not all(mark for _, mark in marks):
        raise HamlError(f"{line.text!r}: a class or an id without a name", line.number)
    attributes, place = _attributes(line.text, found.end(), line.number)
    modifiers = _MODIFIERS.match(line.text, place)
    assert modifiers is not None
    rest = line.text[modifiers.end() :]
    closed = rest.startswith("/")
    inline = content(rest[1:].strip(), line.number) if closed else content(rest, line.number)
    if isinstance(inline, str):
        inline = inline.strip()
    ids = [mark for kind, mark in marks if kind == "#"]
    if closed and (inline or children):
        raise HamlError("a tag that is closed by / has no content", line.number)
    if inline and children:
        raise HamlError("content stands either behind a tag or below it", line.number)
    return Tag(
        line.number,
        children,
        found["name"] or "div",
        tuple(mark for kind, mark in marks if kind == "."),
        ids[-1] if ids else "",
        attributes,
        inline,
        closed,
        ">" in modifiers[0],
        "<" in modifiers[0],
    )


def _attributes(text: str, place: int, line: int) -> tuple[tuple[Attribute, ...], int]:
    """Attributes in brackets, HTML's before Ruby's: that is the order in which their classes are put out."""
    html: list[Attribute] = []
    ruby: list[Attribute] = []
    while text[place : place + 1] in {"{", "(", "["}:
        end = closing(text, place)
        if end is None:
            raise HamlError(f"{text[place]!r} is not closed", line)
        inner = text[place + 1 : end]
        match text[place]:
            case "(":
                html += html_attributes(inner, line)
            case "{":
                ruby += ruby_attributes(inner, line)
            case _:
                raise HamlError("object references like [@article] need Ruby's objects", line)
        place = end + 1
    return (*html, *ruby), place


def _comment(line: Line, children: tuple[Node, ...]) -> Comment:
    rest = line.text[1:]
    condition = ""
    if rest.startswith("["):
        end = closing(rest, 0)
        if end is None:
            raise HamlError("'[' is not closed", line.number)
        condition, rest = rest[: end + 1], rest[end + 1 :]
    return Comment(line.number, children, rest.strip(), condition)
