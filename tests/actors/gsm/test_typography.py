"""What flips a text to UCS-2, and what is typed instead."""

from hypothesis import given
from hypothesis import strategies as st

from actors.gsm.alphabet import DEFAULT, alphabet
from actors.gsm.national import Language
from actors.gsm.typography import SUBSTITUTES, Culprit, culprits, substitute


def test_culprits_are_named_with_what_could_stand_there() -> None:
    assert culprits("Hi “you”… 👩\u200d👧 e\u0301 жк") == (
        Culprit(3, "“", '"'),
        Culprit(7, "”", '"'),
        Culprit(8, "…", "..."),
        Culprit(10, "👩\u200d👧", None),
        Culprit(14, "e\u0301", "é"),
        Culprit(17, "ж", None),
        Culprit(18, "к", None),
    )
    assert culprits("plain [text] for 5 €") == ()


def test_a_national_table_has_fewer_culprits() -> None:
    assert [culprit.character for culprit in culprits("ağaç ş")] == ["ğ", "ç", "ş"]
    assert culprits("ağaç ş", alphabet(shift=Language.TURKISH)) == ()


def test_substitutes_are_in_the_alphabet_and_what_they_replace_is_not() -> None:
    for character, instead in SUBSTITUTES.items():
        assert character not in DEFAULT
        assert DEFAULT.encode(instead) is not None, character


@given(st.lists(st.sampled_from([*SUBSTITUTES, *"abc é€", "e\u0301"])).map("".join))
def test_what_has_substitutes_throughout_becomes_gsm7(text: str) -> None:
    typed = substitute(text)
    assert typed is not None
    assert DEFAULT.encode(typed) is not None
    assert substitute(typed) == typed


@given(st.text())
def test_a_text_has_culprits_or_is_encoded(text: str) -> None:
    found = culprits(text)
    assert (found == ()) == (DEFAULT.encode(text) is not None)
    assert all(text[culprit.position :].startswith(culprit.character) for culprit in found)


def test_nothing_is_half_substituted() -> None:
    assert substitute("“ок”") is None
