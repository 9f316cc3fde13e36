"""Segments: joined they are the text, each fits, there are no fewer, and no cut is a wrong one."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.gsm.alphabet import ESCAPE
from actors.gsm.choice import USER_DATA_OCTETS, Policy, choose
from actors.gsm.clusters import starts
from actors.gsm.coding import Coding
from actors.gsm.header import Concatenation, parse
from actors.gsm.national import Language
from actors.gsm.segments import Segmented, TooLong, split
from actors.gsm.septets import fill_bits, pack, unpack

PIECES = [
    "a",
    "€",
    "[",
    "\n",
    "ж",
    "😀",
    "e\u0301",
    "👩\u200d👩\u200d👧\u200d👦",
    "🇳🇴",
    "ğ",
    "“",
    "नि",
    "1\ufe0f\u20e3",
    " ",
]
RUNS = st.tuples(st.sampled_from(PIECES), st.integers(1, 160)).map(lambda run: run[0] * run[1])
TEXTS = st.lists(RUNS | st.text(max_size=30), max_size=8).map("".join)
POLICIES = st.builds(
    Policy,
    st.booleans(),
    st.sampled_from([(), (Language.TURKISH,), (Language.HINDI, Language.PORTUGUESE), tuple(Language)[1:]]),
    st.booleans(),
)


def _bound(text: str, policy: Policy) -> int:
    """The fewest segments there can be, tried out: for each position the best of all ways to get there."""
    choice = choose(text, policy)
    widths = list(choice.widths())
    if sum(widths) <= choice.capacity(len(choice.header().encode())):
        return 1
    room = choice.capacity(len(choice.header(Concatenation(0, 2, 1, policy.wide_reference)).encode()))
    best = [0, *[len(widths)] * len(widths)]
    for end in range(1, len(widths) + 1):
        used, start = 0, end
        while start and (used := used + widths[start - 1]) <= room:
            start -= 1
            best[end] = min(best[end], best[start] + 1)
    return best[-1]


def _check(segmented: Segmented, policy: Policy) -> None:
    assert "".join(segment.text for segment in segmented.segments) == segmented.text
    assert sum(segment.units for segment in segmented.segments) == segmented.units
    for number, segment in enumerate(segmented.segments, start=1):
        header = parse(segment.udh)
        if segmented.coding is Coding.GSM7:
            fill = fill_bits(len(segment.udh))
            packed = pack(segment.body, fill)
            assert header.alphabet.decode(unpack(packed, segment.units, fill)) == segment.text
            assert not segment.body.endswith(bytes([ESCAPE]))
        else:
            packed = segment.body
            assert segment.body.decode("utf-16-be") == segment.text
        assert len(segment.udh) + len(packed) <= USER_DATA_OCTETS
        if len(segmented.segments) > 1:
            assert header.concatenation == Concatenation(77, len(segmented.segments), number, policy.wide_reference)


@given(TEXTS, POLICIES)
@example("👩\u200d👩\u200d👧\u200d👦" * 12, Policy())
@example("[" * 81 + "a", Policy())
def test_segments_are_the_text_and_as_few_as_can_be(text: str, policy: Policy) -> None:
    segmented = split(text, policy, reference=77)
    _check(segmented, policy)
    assert len(segmented.segments) == _bound(text, policy)


@given(TEXTS.filter(lambda text: len(split(text).segments) > 1))
def test_a_character_is_divided_only_where_that_saves_a_segment(text: str) -> None:
    segmented = split(text)
    whole = set(starts(segmented.text))
    ends = [0]
    for segment in segmented.segments:
        ends.append(ends[-1] + len(segment.text))
    room = 153 if segmented.coding is Coding.GSM7 else 67
    widths = list(choose(text).widths())
    for number, (start, end) in enumerate(pairwise(ends), start=1):
        if end in whole or end == len(segmented.text):
            continue
        before = max(position for position in whole if position < end)
        assert before <= start or _count(widths[before:], room) > len(segmented.segments) - number


def _count(widths, room):
    count, used = 1, 0
    for width in widths:
        used += width
        if used > room:
            count, used = count + 1, width
    return count


@pytest.mark.parametrize(
    ("text", "policy", "units"),
    [
        ("a" * 160, Policy(), [160]),
        ("a" * 161, Policy(), [153, 8]),
        ("a" * 161, Policy(wide_reference=True), [152, 9]),
        ("€" * 80, Policy(), [160]),
        ("€" * 81, Policy(), [152, 10]),
        ("ж" * 70, Policy(), [70]),
        ("ж" * 71, Policy(), [67, 4]),
        ("ж" * 71, Policy(wide_reference=True), [66, 5]),
        ("😀" * 36, Policy(), [66, 6]),
        ("ğ" * 77, Policy(languages=(Language.TURKISH,)), [154]),
        ("x" * 66 + "👩\u200d👧", Policy(), [66, 5]),
    ],
)
def test_the_limits_of_the_standard(text: str, policy: Policy, units: list[int]) -> None:
    assert [segment.units for segment in split(text, policy).segments] == units


def test_an_empty_text_is_a_segment() -> None:
    (segment,) = split("").segments
    assert (segment.body, segment.udh, segment.units) == (b"", b"", 0)


def test_more_segments_than_a_header_counts() -> None:
    assert len(split("a" * 153 * 255).segments) == 255
    with pytest.raises(TooLong, match="256 segments") as caught:
        split("a" * (153 * 255 + 1))
    assert caught.value.field == "text"
