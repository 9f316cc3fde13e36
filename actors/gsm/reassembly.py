"""Parts of long texts put together as they come (3GPP 23.040, 9.2.3.24.1). Pure; whoever owns it, one thread.

Parts come in any order and more than once. A part that contradicts one already here, by another body at the same place,
begins a new text, for references are used again; so does a part after a text was whole. The caller's clock decides when
nobody waits any more. Texts in pieces live in memory only.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from actors.gsm.decoding import GSM7, decode
from actors.gsm.header import Concatenation, Header

Token = TypeVar("Token")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: where it belongs, and its octets with the coding they are in."""

    place: Concatenation
    data_coding: int
    body: bytes
    header: Header = field(default_factory=Header)


@dataclass(frozen=True, slots=True)
class Whole(Generic[Token]):
    """All parts are there. `text` is None when they are octets, as `body` has them; tokens in the parts' order."""

    text: str | None
    body: bytes
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Incomplete(Generic[Token]):
    """Given up: `text` is what was there of `total` parts, in order, and `reason` why nobody waits for the rest."""

    key: Hashable
    total: int
    text: str
    tokens: tuple[Token, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Added(Generic[Token]):
    """What a part led to. A `duplicate` changed nothing; its text may be whole already, or still waited for."""

    whole: Whole[Token] | None = None
    duplicate: bool = False
    given_up: tuple[Incomplete[Token], ...] = ()


@dataclass(slots=True)
class _Set(Generic[Token]):
    """The parts of one text, by number."""

    began: float
    total: int
    parts: dict[int, Part] = field(default_factory=dict)
    tokens: dict[int, Token] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return len(self.parts) == self.total

    def in_order(self) -> tuple[list[Part], tuple[Token, ...]]:
        numbers = sorted(self.parts)
        return [self.parts[number] for number in numbers], tuple(self.tokens[n] for n in numbers if n in self.tokens)


class Reassembly(Generic[Token]):
    """Texts in pieces, by a key of the caller's (usually both numbers), reference and total.

    At most `most` of them: the oldest is given up for the next. Tokens are the caller's, one for each part.
    """

    def __init__(self, timeout_seconds: float = 600.0, most: int = 10_000, default: str = GSM7) -> None:
        self._timeout_seconds = timeout_seconds
        self._most = most
        self._default = default
        self._sets: OrderedDict[Hashable, _Set[Token]] = OrderedDict()

    def __len__(self) -> int:
        """Texts that wait for parts."""
        return sum(1 for some in self._sets.values() if not some.whole)

    def add(self, key: Hashable, part: Part, token: Token, now: float) -> Added[Token]:
        """Take one part in. `now` is monotonic seconds."""
        name = (key, part.place.reference, part.place.wide, part.place.total)
        given_up = list(self.expire(now))
        known = self._sets.get(name)
        if known is not None and (there := known.parts.get(part.place.number)) is not None:
            if there.body == part.body:
                return Added(duplicate=True, given_up=tuple(given_up))
            given_up += self._give_up(name, "its reference was used again")
            known = None
        if known is None:
            given_up += self._make_room()
            known = self._sets[name] = _Set(now, part.place.total)
        known.parts[part.place.number] = part
        known.tokens[part.place.number] = token
        return Added(self._whole(known) if known.whole else None, given_up=tuple(given_up))

    def expire(self, now: float) -> tuple[Incomplete[Token], ...]:
        """Give up what began longer ago than the timeout, and forget the texts that were whole."""
        given_up: list[Incomplete[Token]] = []
        while self._sets:
            name, oldest = next(iter(self._sets.items()))
            if now - oldest.began < self._timeout_seconds:
                break
            given_up += self._give_up(name, f"parts were missing after {self._timeout_seconds:g} s")
        return tuple(given_up)

    def _make_room(self) -> Iterator[Incomplete[Token]]:
        while len(self._sets) >= self._most:
            yield from self._give_up(next(iter(self._sets)), f"more than {self._most} texts are in pieces")

    def _give_up(self, name: Hashable, reason: str) -> Iterator[Incomplete[Token]]:
        some = self._sets.pop(name)
        if not some.whole:
            parts, tokens = some.in_order()
            yield Incomplete(name, some.total, _text(parts, self._default) or "", tokens, reason)

    def _whole(self, some: _Set[Token]) -> Whole[Token]:
        parts, tokens = some.in_order()
        some.tokens.clear()
        return Whole(_text(parts, self._default), b"".join(part.body for part in parts), tokens)


def _text(parts: list[Part], default: str) -> str | None:
    """Joined before they are read, so that a sender who cut a character in two is read all the same."""
    first = parts[0]
    if all((part.data_coding, part.header.alphabet) == (first.data_coding, first.header.alphabet) for part in parts):
        return decode(first.data_coding, b"".join(part.body for part in parts), first.header.alphabet, default)
    read = [decode(part.data_coding, part.body, part.header.alphabet, default) for part in parts]
    return None if None in read else "".join(text or "" for text in read)
