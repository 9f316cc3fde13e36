"""The encoding with the fewest segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.alphabet import alphabet
from actors.gsm.choice import Policy, choose, fewest
from actors.gsm.coding import Coding
from actors.gsm.national import Language

TURKISH = Policy(languages=(Language.TURKISH,))


@pytest.mark.parametrize(
    ("text", "policy", "coding", "said"),
    [
        ("plain €", Policy(), Coding.GSM7, "plain €"),
        ("“quoted”", Policy(), Coding.GSM7, '"quoted"'),
        ("“quoted”", Policy(substitute=False), Coding.UCS2, "“quoted”"),
        ("“ок”", Policy(), Coding.UCS2, "“ок”"),
        ("ağaç", Policy(), Coding.UCS2, "ağaç"),
        ("ağaç", TURKISH, Coding.GSM7, "ağaç"),
        ("“ağaç”", TURKISH, Coding.GSM7, '"ağaç"'),
        ("…" * 70, Policy(), Coding.UCS2, "…" * 70),
        ("…" * 53, Policy(), Coding.GSM7, "..." * 53),
        ("", Policy(), Coding.GSM7, ""),
    ],
)
def test_choices(text: str, policy: Policy, coding: Coding, said: str) -> None:
    choice = choose(text, policy)
    assert (choice.coding, choice.text) == (coding, said)


def test_typing_plainly_never_costs_a_segment() -> None:
    """Seventy dots of three are one segment as they are written, and two when they are typed."""
    assert fewest(choose("…" * 70), Policy()) == 1


def test_a_locking_table_is_chosen_where_it_saves_segments() -> None:
    choice = choose("नमस्ते " * 20, Policy(languages=(Language.HINDI,)))
    assert choice.alphabet == alphabet(Language.HINDI, Language.DEFAULT)
    assert fewest(choice, Policy()) == 1
    assert choose("नमस्ते " * 20).coding is Coding.UCS2


def test_halves_of_pairs_are_replaced() -> None:
    assert choose("a\ud83d").text == "a\N{REPLACEMENT CHARACTER}"
    assert choose("\ud83d\ude00").text == "😀"


@given(st.text(), st.booleans())
def test_units_are_the_widths(text: str, typed: bool) -> None:
    choice = choose(text, Policy(substitute=typed, languages=(Language.PORTUGUESE, Language.URDU)))
    assert sum(choice.widths()) == choice.units
    if not typed:
        assert choice.text == text


def test_capacities_of_the_standard() -> None:
    plain, wide = choose("a"), choose("ж")
    assert [plain.capacity(octets) for octets in (0, 6, 7)] == [160, 153, 152]
    assert [wide.capacity(octets) for octets in (0, 6, 7)] == [70, 67, 66]
    assert [plain.capacity(octets) for octets in (4, 7, 9, 12)] == [155, 152, 149, 146]
