import pytest

from apps.email.haml import HamlError
from apps.email.haml.scan import closing, is_open, scan


def test_lines_stand_below_the_one_they_are_indented_under() -> None:
    (first, second) = scan("a\n  b\n\n    c\n  d\ne")
    assert [line.text for line in first.children] == ["b", "d"]
    assert first.children[0].children[0].number == 4
    assert (second.text, second.number) == ("e", 6)


def test_lines_that_are_one() -> None:
    assert [line.text for line in scan("= 'a' + |\n  'b' |\n\n= t 'x',\n  name: y\n%p{a: 1,\n   b: 2} c")] == [
        "= 'a' + 'b'",
        "= t 'x', name: y",
        "%p{a: 1, b: 2} c",
    ]


def test_below_filters_and_silent_comments_nothing_is_looked_at() -> None:
    plain, comment = scan(":plain\n    a\n  %b{\n\n-#\n   x\n y")
    assert plain.raw == ["  a", "%b{", ""]
    assert comment.raw == ["  x", "y"]


@pytest.mark.parametrize("source", ["a\n    b\n  c", "%p\n   a\n  b"])
def test_indentation_that_fits_nowhere(source: str) -> None:
    with pytest.raises(HamlError, match="line 3: indented by 2"):
        scan(source)


def test_brackets_in_quotes_close_nothing() -> None:
    assert closing('{a: \'}\', b: "\\"}"}', 0) == 17
    assert closing("{a: (}", 0) is None
    assert is_open("%p{a: 1,") and is_open(".a(b='c'") and not is_open("%p{} (") and not is_open("text {")
