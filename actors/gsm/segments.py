"""A text cut into segments (3GPP 23.040, 9.2.3.24). Pure; any thread.

As few segments as there can be. No cut divides an escape from its septet or a surrogate pair; and none divides what a
reader takes for one character (an emoji of several code points, a letter and its marks) unless that saves a segment.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from actors.errors import ActorsError
from actors.gsm.choice import USUAL, Choice, Policy, choose
from actors.gsm.clusters import starts
from actors.gsm.coding import Coding
from actors.gsm.header import MAX_PARTS, Concatenation
from supervision.errors import Refusal


class TooLong(ActorsError, Refusal):
    """A text of more segments than a header can count."""

    title = "The text is too long"
    status = 422


@dataclass(frozen=True, slots=True)
class Segment:
    """What goes over the air at once: `udh`, then `body` (septets one to an octet, or UTF-16 big-endian).

    `units` are the septets or code units of the body.
    """

    text: str
    body: bytes
    udh: bytes
    units: int


@dataclass(frozen=True, slots=True)
class Segmented:
    """A text as it goes out. `text` differs from what was written when typographic characters were substituted."""

    coding: Coding
    text: str
    segments: tuple[Segment, ...]
    units: int


def split(text: str, policy: Policy = USUAL, reference: int = 0) -> Segmented:
    """Encode and cut a text; `reference` names it among those on their way to the same phone. Raises TooLong."""
    choice = choose(text, policy)
    udh = choice.header().encode()
    if choice.units <= choice.capacity(len(udh)):
        segments: tuple[Segment, ...] = (Segment(choice.text, choice.body, udh, choice.units),)
    else:
        segments = tuple(_parts(choice, policy, reference))
    return Segmented(choice.coding, choice.text, segments, choice.units)


def _parts(choice: Choice, policy: Policy, reference: int) -> Iterator[Segment]:
    room = choice.capacity(len(choice.header(Concatenation(0, 2, 1, policy.wide_reference)).encode()))
    ends = list(accumulate(choice.widths()))
    cuts = [0, *_cuts(choice.text, ends, room), len(ends)]
    total = len(cuts) - 1
    if total > MAX_PARTS:
        raise TooLong(f"{total} segments, of which a phone takes {MAX_PARTS}; shorten the text", field="text")
    for number, (start, end) in enumerate(pairwise(cuts), start=1):
        header = choice.header(Concatenation(reference, total, number, policy.wide_reference))
        text = choice.text[start:end]
        body = choice.alphabet.encode(text) if choice.coding is Coding.GSM7 else text.encode("utf-16-be")
        units = ends[end - 1] - (ends[start - 1] if start else 0)
        yield Segment(text, body or b"", header.encode(), units)


def _cuts(text: str, ends: list[int], room: int) -> Iterator[int]:
    """Positions to cut at. `ends` says how many units the text has up to and with each character."""
    clusters = starts(text)
    left = _count(ends, 0, room)
    start = 0
    while left > 1:
        cut = _furthest(ends, start, room)
        whole = clusters[bisect_right(clusters, cut) - 1]
        if start < whole < cut and _count(ends, whole, room) < left:
            cut = whole
        yield cut
        start, left = cut, left - 1


def _furthest(ends: list[int], start: int, room: int) -> int:
    """How far one segment reaches that begins at a character."""
    return bisect_right(ends, (ends[start - 1] if start else 0) + room)


def _count(ends: list[int], start: int, room: int) -> int:
    """Segments from a character to the end: cutting as late as possible is cutting as seldom as possible."""
    count = 0
    while start < len(ends):
        start, count = _furthest(ends, start, room), count + 1
    return count
