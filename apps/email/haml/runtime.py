"""What compiled HAML asks for while it is rendered: three filters. Pure; any thread.

Each takes the one value that differs from mail to mail first, so that prepared templates need no full rendering.
"""

from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup, escape

_KEPT = {"\n": "&#x000A;", "\r": ""}


def attribute(value: Any, name: str, xhtml: bool = False, before: Iterable[str] = ()) -> Markup:
    """An attribute with the blank before it: none at all for false and nil, the name alone for true.

    `before` are classes or ids that stand in the template itself: classes are joined by blanks, ids by underscores.
    """
    if name in {"class", "id"}:
        value = _joined([*before, *_flat(value)], name)
    if value is None or value is False:
        return Markup("")
    if value is True:
        return Markup(f" {name}='{name}'" if xhtml else f" {name}")
    return Markup(" {}='{}'").format(Markup(name), escape(value))


def _flat(value: Any) -> list[str]:
    if value is None or value is False or value == "":
        return []
    return [str(one) for one in value if one] if isinstance(value, list | tuple) else [str(value)]


def _joined(values: list[str], name: str) -> str | None:
    if name == "class":
        values = list(dict.fromkeys(word for value in values for word in value.split()))
    return (" " if name == "class" else "_").join(values) or None


def preserve(value: Any) -> Markup:
    """Line breaks as character references: nothing that is put around the text can indent it."""
    shown = escape(text(value))
    for character, kept in _KEPT.items():
        shown = shown.replace(character, Markup(kept))
    return shown


def text(value: Any) -> Any:
    """A value as Ruby puts it out: nothing for nil, small letters for the truths."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


FILTERS: dict[str, Callable[..., Any]] = {"haml_attribute": attribute, "haml_preserve": preserve, "haml_text": text}
