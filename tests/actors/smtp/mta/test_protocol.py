import asyncio

import pytest
from aiosmtpd.smtp import SMTP

from actors.smtp.mta.protocol import Protocol, with_enhanced_code


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("250 OK", "250 2.0.0 OK"),
        ("250 2.1.5 ok", "250 2.1.5 ok"),
        ("503 Error: need RCPT command", "503 5.5.1 Error: need RCPT command"),
        ("552 Error: message too big", "552 5.3.4 Error: message too big"),
        ("451 later", "451 4.0.0 later"),
        ("250-more to come", "250-2.0.0 more to come"),
        ("354 End data", "354 End data"),
        ("334 VXNlcg==", "334 VXNlcg=="),
        ("550 4.1.1 wrong class is the author's affair", "550 4.1.1 wrong class is the author's affair"),
    ],
)
def test_answers_carry_an_enhanced_code_where_their_class_has_one(answer: str, expected: str) -> None:
    assert with_enhanced_code(answer) == expected


@pytest.mark.parametrize(
    "argument",
    [
        "<ada@example.org>",
        "<ada+tag.x@EXAMPLE.org> SIZE=10 BODY=8BITMIME",
        "<ada@example.org>SIZE=10",
        "<>",
        "<> SIZE=10",
        "ada@example.org",
        '<"a b"@example.org>',
        "<@relay:ada@example.org>",
        "<ada@[127.0.0.1]>",
        "<ä@bücher.example> SMTPUTF8",
        "<ada>",
        "<ada@example.org",
        "",
    ],
)
def test_the_short_way_through_an_address_gives_what_the_long_one_gives(argument: str) -> None:
    loop = asyncio.new_event_loop()
    try:
        ours = Protocol(None, loop=loop, hostname="x")._getaddr(argument)
        assert ours == SMTP(None, loop=loop, hostname="x")._getaddr(argument)
    finally:
        loop.close()
