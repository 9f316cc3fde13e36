"""Two mails side by side: what people read counts, not how it is written."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.rulebook.comparing import MOST_CHARACTERS, NOBODY, Comparison, Outcome, compare, read


def mail(subject: str = "Hello", text: str = "one\ntwo\n", html: str | None = "<p>one</p>", **how: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text, **how)  # type: ignore[arg-type]
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def test_the_same_words_are_the_same_however_they_are_encoded() -> None:
    assert compare("live", mail(cte="base64"), mail(cte="quoted-printable")) == Comparison("live", Outcome.SAME)


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (mail(subject="Bye"), ("subject",)),
        (mail(text="one\nthree\n"), ("text",)),
        (mail(html=None), ("html",)),
        (mail("Bye", "x", "y"), ("subject", "text", "html")),
    ],
)
def test_what_differs_is_named_and_shown(other: bytes, differs: tuple[str, ...]) -> None:
    found = compare("live", mail(), other)
    assert (found.outcome, found.differs) == (Outcome.DIFFERENT, differs)
    assert all(f"--- {name} by live\n+++ {name} in the shadow\n" in (found.diff or "") for name in differs)


def test_a_difference_shows_both_sides_and_is_cut_when_it_is_long() -> None:
    assert "-three\n+two\n" in (compare("live", mail(), mail(text="one\nthree\n")).diff or "")
    long = compare("live", mail(text="x\n" * 9000), mail(text="y\n" * 9000))
    assert len(long.diff or "") == MOST_CHARACTERS


names = st.text("abc_-:", min_size=1, max_size=9)
SOME = st.one_of(
    st.builds(Comparison, names, st.just(Outcome.SAME)),
    st.builds(
        Comparison,
        names,
        st.just(Outcome.DIFFERENT),
        st.sampled_from([("subject",), ("text", "html"), ("subject", "text", "html"), ("html",)]),
    ),
)


@given(st.lists(SOME, min_size=1, max_size=3))
def test_what_is_told_can_be_counted(found: list[Comparison]) -> None:
    told = "shadow: " + "; ".join(one.told for one in found)
    assert sorted(read(told)) == sorted((one.beside, one.outcome, list(one.differs)) for one in found)


def test_what_is_alone_is_counted_too() -> None:
    assert read(f"shadow: {NOBODY.told}") == [("", Outcome.ALONE, [])]
