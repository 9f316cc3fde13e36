"""HAML's nodes as Jinja source. Pure; what HAML calls ugly: no indentation in the result.

A first line `-# layout: NAME` puts the page into the block `content` of that template; in a layout, `= yield` is that
block, and `= yield :head` the block `head`, which a page fills below `- content_for :head do`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.email.haml import doctypes, filters, routes
from apps.email.haml.control import opening
from apps.email.haml.errors import HamlError
from apps.email.haml.output import Output
from apps.email.haml.partials import include
from apps.email.haml.ruby import Ruby, translate
from apps.email.haml.tags import Shown, attributes
from apps.email.haml.tokens import interpolated
from apps.email.haml.tree import Code, Comment, Content, Doctype, Filter, Node, Put, Remark, Script, Tag, parse

#: Tags without content and end.
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr"})
#: Tags in which blanks and line breaks mean something.
KEPT = frozenset({"pre", "textarea"})
_YIELD = re.compile(r"yield\s*(?:\(?\s*:(\w+)\s*\)?)?")
_BLOCK = re.compile(r"(?P<what>content_for|link_to|mail_to)\b(?P<given>.*?)\s+do")
_LAYOUT = re.compile(r"layout:\s*(\S+)")
_PRESERVED = re.compile(r"<(pre|textarea)\b.*?</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options:
    """`format` is html5, html4 or xhtml; without `escape` only `&=` is escaped, as HAML of old."""

    format: str = "html5"
    escape: bool = True


def compile_haml(source: str, name: str = "body.html", options: Options | None = None) -> str:
    """Jinja source for a file of this name. Raises HamlError."""
    try:
        routes.check(source)
        return _Writer(name, options or Options()).page(parse(source))
    except HamlError as error:
        raise HamlError(str(error.message).partition(": ")[2], error.lineno, f"{name}.haml") from error


class _Writer:
    def __init__(self, name: str, options: Options) -> None:
        self._name, self._options = name, options
        self._html = not name.endswith(".txt")
        self._xhtml = options.format == "xhtml"
        self._out = Output()

    def page(self, nodes: Sequence[Node]) -> str:
        first = nodes[0] if nodes else None
        layout = _LAYOUT.fullmatch(first.text) if isinstance(first, Remark) else None
        if layout is None:
            self._all(nodes)
            return self._out.source()
        self._out.block(f'extends "{layout[1]}"')
        own = [node for node in nodes if not _is_content_for(node)]
        self._all([node for node in nodes if _is_content_for(node)])
        self._out.block("block content")
        self._all(own)
        self._out.block("endblock")
        return self._out.source()

    def _all(self, nodes: Sequence[Node]) -> None:
        place = 0
        while place < len(nodes):
            node = nodes[place]
            place += 1
            if isinstance(node, Code):
                branches = [node]
                while place < len(nodes) and isinstance(following := nodes[place], Code) and _continues(following):
                    branches.append(following)
                    place += 1
                self._code(branches)
            else:
                self._node(node)

    def _node(self, node: Node) -> None:
        match node:
            case Doctype():
                self._line(doctypes.doctype(node.kind, self._options.format))
            case Tag():
                self._tag(node)
            case Put():
                self._put(node)
            case Comment():
                self._comment(node)
            case Filter():
                self._filter(node)

    def _line(self, text: str) -> None:
        if text:
            self._out.text(text)
            self._out.end_line()

    def _put(self, node: Put) -> None:
        if node.children:
            self._with_children(node)
        elif isinstance(node.content, Script) and (found := _YIELD.fullmatch(node.content.code)):
            self._out.block(f"block {found[1] or 'content'}")
            self._out.block("endblock")
            self._out.end_line()
        elif isinstance(node.content, Script) and node.content.code.startswith("render"):
            include(self._out, node.content.code, self._name, node.line)
        else:
            self._content(node.content, node.line)
            self._out.end_line()

    def _with_children(self, node: Put | Code) -> None:
        code = _ruby(node)
        found = _BLOCK.fullmatch(code)
        if found is None:
            raise HamlError(f"nothing can stand below {code or 'a text'}", node.line)
        if found["what"] == "content_for":
            self._out.block(f"block {found['given'].strip(' ():')}")
            self._all(node.children)
            self._out.block("endblock")
            return
        inside = found["given"].strip()
        inside = inside[1:-1] if inside.startswith("(") else inside
        given = translate(f"{found['what']} '', {inside}", node.line)
        self._link(given, node.line, node.children)
        self._out.end_line()

    def _content(self, content: Content, line: int, *, keep: bool = False) -> None:
        if isinstance(content, Script):
            escape = self._options.escape if content.escape is None else content.escape
            self._value(translate(content.code, line), line, escape=escape, keep=keep or content.keep)
            return
        for piece in interpolated(content, line):
            if isinstance(piece, str):
                self._out.text(piece)
            else:
                self._value(translate(piece[0], line), line, escape=self._options.escape, keep=keep)

    def _value(self, value: Ruby, line: int, *, escape: bool, keep: bool = False) -> None:
        if value.link:
            self._link(value, line)
        elif value.constant:
            self._out.text(self._fixed(value.value, escape, keep))
        elif value.pieces:
            for piece in value.pieces:
                if isinstance(piece, str):
                    self._out.text(self._fixed(piece, escape, keep))
                else:
                    self._value(piece, line, escape=escape, keep=keep)
        else:
            shown = value.source if value.is_function else f"{value.source}|haml_{'preserve' if keep else 'text'}"
            self._out.put(shown if escape or not self._html else f"{shown}|safe")

    def _fixed(self, value: object, escape: bool, keep: bool) -> str:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        text = filters.escaped(text) if escape and self._html else text
        return _PRESERVED.sub(lambda found: found[0].replace("\n", "&#x000A;"), text) if keep else text

    def _link(self, value: Ruby, line: int, children: Sequence[Node] = ()) -> None:
        assert value.link is not None
        text, address, named = value.link
        self._out.text("<a")
        attributes(self._out, [Shown("href", address), *(Shown(*pair) for pair in named.items())], self._xhtml)
        self._out.text(">")
        if children:
            self._all(children)
            self._out.eat()
        else:
            self._value(text, line, escape=True)
        self._out.text("</a>")

    def _tag(self, tag: Tag) -> None:
        out = self._out
        if tag.eats_outside:
            out.eat()
        out.text(f"<{tag.name}")
        shown = [Shown(one.name, translate(one.code, tag.line)) for one in tag.attributes]
        attributes(out, shown, self._xhtml, tag.classes, tag.id)
        empty = not tag.content and not tag.children
        if tag.closed or (empty and tag.name in VOID):
            out.text(" />" if self._xhtml else ">")
        else:
            out.text(">")
            self._inside(tag)
            out.text(f"</{tag.name}>")
        out.end_line()
        if tag.eats_outside:
            out.eat()

    def _inside(self, tag: Tag) -> None:
        keep = tag.name in KEPT
        if not tag.children:
            self._content(tag.content, tag.line, keep=keep)
            return
        if not (keep or tag.eats_inside):
            self._out.end_line()
        self._all(tag.children)
        if keep or tag.eats_inside:
            self._out.eat()

    def _comment(self, comment: Comment) -> None:
        start, end = (f"<!--{comment.condition}>", "<![endif]-->") if comment.condition else ("<!--", "-->")
        self._out.text(start)
        if comment.children:
            self._out.end_line()
            self._all(comment.children)
        else:
            self._content(f" {comment.text} ", comment.line)
        self._out.text(end)
        self._out.end_line()

    def _filter(self, node: Filter) -> None:
        text = filters.filtered(node.name, node.lines, self._xhtml, node.line)
        raw = node.name in {"preserve", "escaped"}
        for piece in interpolated(text, node.line):
            if isinstance(piece, str):
                self._out.text(piece)
            else:
                self._value(translate(piece[0], node.line), node.line, escape=self._options.escape or raw)
        self._out.end_line()

    def _code(self, branches: Sequence[Code]) -> None:
        first = branches[0]
        if _is_content_for(first):
            self._with_children(first)
            return
        ends = ""
        for number, branch in enumerate(branches):
            start, end = opening(branch.code, branch.line, follows=bool(number), opens=bool(branch.children))
            for block in start:
                self._out.block(block)
            self._all(branch.children)
            ends = end or ends
        if ends:
            self._out.block(ends)


def _continues(node: Code) -> bool:
    return node.code.partition(" ")[0] in {"else", "elsif"}


def _is_content_for(node: Node) -> bool:
    return _ruby(node).startswith("content_for")


def _ruby(node: Node) -> str:
    """The code of a line of Ruby, whether it puts something out or not."""
    if isinstance(node, Code):
        return node.code
    return node.content.code if isinstance(node, Put) and isinstance(node.content, Script) else ""
