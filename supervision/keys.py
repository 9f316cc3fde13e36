"""What a `Registry` speaks of: keys and how they compare, entries, news, refusals. Values; any thread."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from supervision.errors import Refusal, RookeryError
from supervision.events import Event


def strict(key: Hashable) -> Hashable:
    """What stands for `key` in a table: 1, 1.0 and True are three keys, also inside tuples, as in Elixir.

    Python calls them equal; a registry that did too would answer one actor's question with another's name.
    """
    inner = tuple(strict(part) for part in key) if isinstance(key, tuple) else key
    return type(key), inner


class RegistryError(RookeryError):
    """The registry was used in a way it does not allow: the wrong kind of keys, or on behalf of another actor."""

    title = "The registry does not allow that"


class AlreadyRegistered(Refusal):
    """The key is held, by the actor at `path`; it may be the same actor."""

    def __init__(self, registry: str, key: object, path: str) -> None:
        super().__init__(f"{registry}: {key!r} is held by {path}", field="key")
        self.path = path


class NotRegistered(Refusal):
    """The actor does not hold that key."""

    status = 404


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of one holder, as it was when read. `path` and `incarnation` name the holder."""

    key: Any
    path: str
    incarnation: int
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Event):
    """The actor at `path` took `key` in `registry`."""

    registry: str
    key: Any
    incarnation: int
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered(Event):
    """The actor at `path` gave `key` back of its own will. Its end is not told this way: monitor it."""

    registry: str
    key: Any
    incarnation: int
