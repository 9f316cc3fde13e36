"""A frame filled for one person is, to the octet, the part that encodes the whole text."""

import operator

from hypothesis import given
from hypothesis import strategies as st

from apps.email.fill import Hole, Skeleton
from apps.email.parts import Frame, part

#: What moves line ends, line lengths and encodings about.
fragments = st.one_of(
    st.sampled_from(["\n", "\r", "\r\n", "\n.\n", ".", " \n", "\t\r\n", "=", "=_", "\0", "word ", "x" * 77, "ж" * 20]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
texts = st.lists(fragments, max_size=6).map("".join)


@st.composite
def skeletons(draw: st.DrawFn) -> Skeleton:
    fixed = draw(st.lists(texts, min_size=1, max_size=6))
    escaped = [draw(st.booleans()) for _ in fixed[1:]]
    holes = [Hole(operator.itemgetter(str(number)), one) for number, one in enumerate(escaped)]
    return Skeleton(tuple(fixed), tuple(holes))


@given(skeletons(), st.lists(texts, min_size=5, max_size=5), st.sampled_from(["plain", "html"]))
def test_a_filled_frame_is_the_part_of_the_filled_text(skeleton: Skeleton, values: list[str], subtype: str) -> None:
    variables = {str(number): value for number, value in enumerate(values)}
    assert Frame(subtype, skeleton).fill(variables) == part(subtype, skeleton.fill(variables))


def test_fixed_lines_are_encoded_once() -> None:
    long = "x" * 100
    skeleton = Skeleton((f"{long}\nDear ", f",\n{long}\n"), (Hole(operator.itemgetter("name"), False),))
    frame = Frame("plain", skeleton)
    assert [type(piece).__name__ for piece in frame._pieces] == ["Content", "Skeleton", "Content"]
    assert b"Dear Ada,\r\n" in frame.fill({"name": "Ada"}) and b"quoted-printable" in frame.fill({"name": "Ada"})


def test_the_encoding_is_that_of_the_whole() -> None:
    frame = Frame("plain", Skeleton(("Dear ", ",\nhello\n"), (Hole(operator.itemgetter("name"), False),)))
    assert b"7bit" in frame.fill({"name": "Ada"})
    assert b"quoted-printable" in frame.fill({"name": "Zoë"})
    assert b"base64" in frame.fill({"name": "Борис Николаевич"})
