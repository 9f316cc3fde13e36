"""Style sheets of a mail into its tags, because many mail programs read nothing else. Pure; any thread.

css-inline says which declarations a tag gets; only those are written into the HTML, which otherwise stays as its
template wrote it, octet for octet. So what a prepared template says about style does not depend on the values in its
holes, and filling stays the same as rendering. `<style>` elements stay where they are, for media queries; one with
`data-css-inline="ignore"` is left to mail programs altogether. HTML that is not well nested is left as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from css_inline import CSSInliner, InlineError

#: Tags that a parser adds where a document does not say them.
_IMPLIED = frozenset({"html", "head", "body", "tbody", "colgroup"})
_STYLE = re.compile(r"""\sstyle\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_SHEET = re.compile(r"<style\b[^>]*>(.*?)</style", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"""([\w:-]+)\s*=\s*("[^"]*"|'[^']*')""")
#: What style may depend on besides tags: a hole there changes who is meant.
_CHOOSING = frozenset({"class", "id", "style"})
_INLINER = CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    start: int
    text: str
    style: str | None


class _Reader(HTMLParser):
    """The start tags of a document, where they stand."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[_Tag] = []
        self._lines = [0]
        for line in markup.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        style = next((value for name, value in attrs if name == "style"), None)
        self.tags.append(_Tag(tag, self._lines[line - 1] + column, self.get_starttag_text() or "", style))


class NotNested(ValueError):
    """The HTML's tags are not those that a browser would see."""


def has_sheet(markup: str) -> bool:
    return any(sheet.strip() for sheet in _SHEET.findall(markup))


def inlined(markup: str) -> str:
    """With the declarations of its style sheets in its tags; as it is without any, or if it is not well nested."""
    if "<style" not in markup or not has_sheet(markup):
        return markup
    try:
        return apply(markup)
    except NotNested:
        return markup


def apply(markup: str) -> str:
    """The same for HTML that has a style sheet. Raises NotNested."""
    try:
        styled = _INLINER.inline(markup)
    except InlineError as error:
        raise NotNested(str(error)) from error
    pieces: list[str] = []
    end = 0
    for tag, style in _pairs(_Reader(markup).tags, _Reader(styled).tags):
        if style is not None and style != tag.style:
            pieces += [markup[end : tag.start], _with_style(tag.text, style)]
            end = tag.start + len(tag.text)
    return "".join([*pieces, markup[end:]])


def _pairs(tags: list[_Tag], styled: list[_Tag]) -> Iterator[tuple[_Tag, str | None]]:
    """Each tag with the style it should have."""
    others = iter(styled)
    for tag in tags:
        other = next(others, None)
        while other is not None and other.name != tag.name and other.name in _IMPLIED:
            other = next(others, None)
        if other is None or other.name != tag.name:
            raise NotNested(f"<{tag.name}> is not where a browser would see it")
        yield tag, other.style
    if any(other.name not in _IMPLIED for other in others):
        raise NotNested("a browser would see more tags")


def _with_style(text: str, style: str) -> str:
    attribute = ' style="{}"'.format(style.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;"))
    if _STYLE.search(text):
        return _STYLE.sub(lambda _: attribute, text, count=1)
    end = len(text) - (2 if text.endswith("/>") else 1)
    return text[:end].rstrip() + attribute + (" />" if text.endswith("/>") else ">")


def independent(markup: str, mark: str) -> bool:
    """Whether style is the same whatever stands where `mark` begins a hole: not in a sheet, not in a tag but for the
    values of attributes that no selector asks about."""
    sheets = _SHEET.findall(markup)
    if any(mark in sheet or ":empty" in sheet for sheet in sheets):
        return False
    asks = any(question in sheet for sheet in sheets for question in ("[", ":lang", ":dir"))
    return all(_harmless(tag.text, mark, asks) for tag in _Reader(markup).tags if mark in tag.text)


def _harmless(tag: str, mark: str, asks: bool) -> bool:
    quoted = [(name.lower(), value) for name, value in _QUOTED.findall(tag)]
    outside = _QUOTED.sub("", tag)
    return not asks and mark not in outside and not any(mark in value for name, value in quoted if name in _CHOOSING)
