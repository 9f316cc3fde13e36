"""Any value as a small, plain one that JSON can carry: bounded in depth, width and length, without secrets.

What an operator sees of an actor's state and of its messages. Functions of values; any thread. Values of unknown
classes are shown by the name of their class only: their `repr` may be slow, huge or secret.

Not guaranteed: that a secret is recognised. It is when its name says so, or when it stands in a URL.
"""

import dataclasses
import re
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import Enum
from itertools import islice
from pathlib import PurePath
from typing import Any, Final
from uuid import UUID

MAX_DEPTH: Final = 4
MAX_ITEMS: Final = 20
MAX_CHARACTERS: Final = 200

HIDDEN: Final = "***"
SECRET = re.compile(r"passw(or)?d|passphrase|secret|token|credential|api_?key|private_?key|authorization|cookie", re.I)
URL_CREDENTIALS = re.compile(r"(?<=://)[^/\s@:]*(?::[^/\s@]*)?@")


def view(value: Any, depth: int = MAX_DEPTH) -> Any:
    """The plain picture of `value`; containers below `depth` levels become the name of their class."""
    match value:
        case Enum():
            return f"{type(value).__name__}.{value.name}"
        case None | bool() | int() | float():
            return _number(value)
        case str():
            return cut(URL_CREDENTIALS.sub(f"{HIDDEN}@", value), MAX_CHARACTERS)
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case PurePath() | UUID() | date() | timedelta():
            return view(str(value))
        case BaseException():
            return view(f"{type(value).__name__}: {value}")
    return _container(value, depth)


def cut(text: str, limit: int) -> str:
    """The first `limit` characters, and how many more there are."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more)"


def _number(value: Any) -> Any:
    """A number as such, unless JSON has no word for it or it is longer than a line."""
    if isinstance(value, float) and value - value != 0:
        return str(value)
    if isinstance(value, int) and value.bit_length() > 3 * MAX_CHARACTERS:
        return f"<a number of {value.bit_length()} bits>"
    return value


def _container(value: Any, depth: int) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value) if field.repr}
        return {"type": type(value).__name__, **_pairs(shown, depth)} if depth > 0 else _name(value)
    if isinstance(value, Mapping):
        return _pairs(value, depth) if depth > 0 else _sized(value)
    if isinstance(value, list | tuple | set | frozenset | deque):
        return _items(value, len(value), depth) if depth > 0 else _sized(value)
    return _name(value)


def _pairs(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    shown = {
        cut(str(view(key, 0)), MAX_CHARACTERS): HIDDEN if _is_secret(key, item) else view(item, depth - 1)
        for key, item in islice(list(value.items()), MAX_ITEMS)
    }
    return shown if len(value) <= MAX_ITEMS else {**shown, "…": f"{len(value) - MAX_ITEMS} more"}


def _is_secret(key: Any, item: Any) -> bool:
    """Numbers and flags are none: `tokens_per_second` may be seen."""
    return isinstance(key, str) and SECRET.search(key) is not None and not isinstance(item, bool | int | float | None)


def _items(value: Iterable[Any], length: int, depth: int) -> list[Any]:
    shown = [view(item, depth - 1) for item in islice(list(value), MAX_ITEMS)]
    return shown if length <= MAX_ITEMS else [*shown, f"… ({length - MAX_ITEMS} more)"]


def _sized(value: Any) -> str:
    return f"<{type(value).__name__} of {len(value)}>"


def _name(value: Any) -> str:
    kind = value if isinstance(value, type) else type(value)
    return f"<{'class ' if isinstance(value, type) else ''}{kind.__qualname__}>"
