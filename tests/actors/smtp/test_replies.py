import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.smtp.errors import BadReply
from actors.smtp.replies import MAX_LINE_OCTETS, MAX_LINES, Reply, ReplyParser, parse

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=40)
CODES = st.integers(2, 5).flatmap(lambda first: st.integers(0, 59).map(lambda rest: first * 100 + rest))
WORDS = st.lists(TEXT.filter(lambda text: not text[:1].isdigit()), min_size=1, max_size=5)
NUMBERS = st.integers(0, 999)


def on_the_wire(code: int, lines: list[str]) -> bytes:
    separators = ["-"] * (len(lines) - 1) + [" "]
    return "".join(f"{code}{sep}{line}\r\n" for sep, line in zip(separators, lines, strict=True)).encode()


def read_all(octets: bytes) -> list[Reply]:
    parser = ReplyParser()
    parser.feed(octets)
    replies = []
    while (reply := parser.next()) is not None:
        replies.append(reply)
    assert parser.empty
    return replies


@given(CODES, WORDS)
def test_a_reply_comes_back_whole(code: int, lines: list[str]) -> None:
    assert read_all(on_the_wire(code, lines)) == [Reply(code, None, tuple(line.strip() for line in lines))]


@given(st.lists(st.tuples(CODES, WORDS), max_size=5), st.data())
def test_where_the_network_cuts_does_not_matter(replies: list[tuple[int, list[str]]], data: st.DataObject) -> None:
    octets = b"".join(on_the_wire(code, lines) for code, lines in replies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    parser = ReplyParser()
    read = []
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        parser.feed(octets[start:end])
        while (reply := parser.next()) is not None:
            read.append(reply)
    assert read == read_all(octets)
    assert len(read) == len(replies)


@given(CODES, st.sampled_from([2, 4, 5]), NUMBERS, NUMBERS, TEXT)
def test_an_enhanced_code_counts_only_where_its_class_agrees(
    code: int, first: int, subject: int, detail: int, text: str
) -> None:
    enhanced = f"{first}.{subject}.{detail}"
    (reply,) = read_all(on_the_wire(code, [f"{enhanced} {text}"]))
    if first == code // 100:
        assert (reply.enhanced, reply.text) == (enhanced, text.strip())
    else:
        assert (reply.enhanced, reply.text) == (None, f"{enhanced} {text}".strip())


@given(st.binary(max_size=300))
def test_octets_of_any_kind_give_replies_or_a_bad_reply(octets: bytes) -> None:
    parser = ReplyParser()
    parser.feed(octets)
    try:
        while (reply := parser.next()) is not None:
            assert 200 <= reply.code <= 559
            assert reply.text.isprintable()
    except BadReply:
        pass


def test_the_enhanced_code_is_taken_off_every_line() -> None:
    (reply,) = read_all(b"550-5.1.1 nobody\r\n550-5.1.1  here\r\n550 5.7.1 of that name\r\n")
    assert reply == Reply(550, "5.1.1", ("nobody", "here", "5.7.1 of that name"))
    assert str(reply) == "550 5.1.1 nobody here 5.7.1 of that name"


@pytest.mark.parametrize("text", ["4.7", "4.7.1000", "4.07.1", "4.7.1x", "4.7.\u0661"])
def test_what_only_looks_like_an_enhanced_code_is_text(text: str) -> None:
    assert parse((f"451 {text}".encode(),)).enhanced is None


@pytest.mark.parametrize("octets", [b"250\r\n", b"250 \r\n", b"250 ok\n", b"250\n"])
def test_a_bare_code_and_a_bare_line_feed_are_understood(octets: bytes) -> None:
    (reply,) = read_all(octets)
    assert reply.code == 250
    assert reply.positive


@pytest.mark.parametrize(
    "octets",
    [
        b"hello\r\n",
        b"\r\n",
        b"150 no such class\r\n",
        b"260 no such code\r\n",
        b"650 no\r\n",
        b"2500 four digits\r\n",
        b"250_ok\r\n",
        b"250-one\r\n251 two\r\n",
        b"25",
        b"250-" + b"x" * MAX_LINE_OCTETS + b"\r\n250 ok\r\n",
        b"x" * (MAX_LINE_OCTETS + 1),
        b"250-more\r\n" * MAX_LINES,
    ],
)
def test_what_is_no_reply_is_an_error_or_not_yet_complete(octets: bytes) -> None:
    parser = ReplyParser()
    parser.feed(octets)
    if octets == b"25":
        assert parser.next() is None
        assert not parser.empty
    else:
        with pytest.raises(BadReply):
            parser.next()


@pytest.mark.parametrize("lines", [(), (b"250 ok", b"250 ok"), (b"250-ok",)])
def test_lines_that_do_not_hang_together_are_no_reply(lines: tuple[bytes, ...]) -> None:
    with pytest.raises(BadReply):
        parse(lines)


def test_control_characters_never_get_through() -> None:
    (reply,) = read_all(b"250 a\x00b\x1b[31mc\x7f\xff\r\n")
    assert reply.text == "a\ufffdb\ufffd[31mc\ufffd\ufffd"
