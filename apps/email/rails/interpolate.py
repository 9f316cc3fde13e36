"""`%{name}` in a phrase: taken apart once, filled with values or with the holes of a prepared template. Pure.

In HTML the phrase is escaped unless its key says `_html`, and every value is escaped unless it is markup itself.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

_DIRECTIVE = re.compile(r"%%\{(\w+)\}|%\{(\w+)\}|%<(\w+)>([-+ #0]*\d*(?:\.\d+)?[diouxXeEfFgGcs])")

Value = tuple[str, str | None]  # name, format


@lru_cache(maxsize=8192)
def parts(text: str) -> tuple[str | Value, ...]:
    """Texts, and the values between them."""
    found: list[str | Value] = []
    end = 0
    for match in _DIRECTIVE.finditer(text):
        literal, plain, shaped, shape = match.groups()
        found.append(text[end : match.start()])
        found.append(f"%{{{literal}}}" if literal else (plain, None) if plain else (shaped, f"%{shape}"))
        end = match.end()
    found.append(text[end:])
    return tuple(part for part in found if part)


def interpolate(text: str, values: Mapping[str, Any], *, html: bool, safe: bool) -> str:
    """The phrase with its values. `html`: it is put out where Jinja escapes; `safe`: the phrase itself is markup.

    Raises KeyError for a value that is not given, TypeError for one that its format is no match for.
    """
    if not html:
        return "".join(part if isinstance(part, str) else str(_value(part, values)) for part in parts(text))
    fixed = Markup if safe else escape
    return Markup(
        "".join(fixed(part) if isinstance(part, str) else escape(_value(part, values)) for part in parts(text))
    )


def shapes(text: object) -> bool:
    """Whether a phrase formats any of its values."""
    return isinstance(text, str) and any(isinstance(part, tuple) and part[1] for part in parts(text))


def _value(part: Value, values: Mapping[str, Any]) -> Any:
    name, shape = part
    return values[name] if shape is None else shape % (values[name],)
