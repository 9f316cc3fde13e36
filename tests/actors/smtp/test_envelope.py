import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.smtp.envelope import Envelope, Prepared, prepare, wire_address, wire_content
from actors.smtp.verdicts import Outcome, Verdict

ALL = {"SIZE", "8BITMIME", "SMTPUTF8"}
LINES = st.lists(st.sampled_from([b".", b"..", b"", b"a", b".a", b"\r", b"\n", b"\r\n", b"\r\n.\r\n"]), max_size=12)


def prepared(
    content: bytes = b"Subject: x\r\n\r\nhi\r\n", to: str = "b@example.org", offered: set[str] = ALL
) -> Prepared:
    mail = prepare(Envelope("a@example.org", (to,), content, "k"), offered)
    assert isinstance(mail, Prepared), mail
    return mail


def refused(envelope: Envelope, offered: set[str] = ALL) -> Verdict:
    verdict = prepare(envelope, offered)
    assert isinstance(verdict, Verdict)
    assert verdict.outcome is Outcome.REFUSED
    return verdict


def received(wire: bytes) -> bytes:
    """What a server keeps that takes CRLF for the only line end."""
    if wire == b".\r\n":
        return b""
    assert not wire.startswith(b".\r\n")
    content, dot, rest = wire.partition(b"\r\n.\r\n")
    assert dot
    assert rest == b"", "a second mail was smuggled in"
    return re.sub(rb"(^|\r\n)\.", rb"\1", content) + b"\r\n"


@given(st.one_of(st.binary(max_size=60), LINES.map(b"".join)))
def test_whatever_the_content_it_arrives_as_one_mail(content: bytes) -> None:
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    expected = lines if not lines or lines.endswith(b"\r\n") else lines + b"\r\n"
    wire = wire_content(content)
    assert received(wire) == expected
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", wire)


def test_the_commands_of_a_mail_form_one_group_with_data_last() -> None:
    mail = prepare(Envelope("", ("b@example.org", "c@example.org"), b"x\r\n", "k"), set())
    assert isinstance(mail, Prepared)
    assert mail.group == b"MAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\nDATA\r\n"
    assert mail.content == b"x\r\n.\r\n"


def test_what_the_server_offers_is_used() -> None:
    assert prepared(b"Subject: x\r\n\r\nhi\r\n").mail == b"MAIL FROM:<a@example.org> SIZE=18\r\n"
    assert prepared(b"Subject: x\r\n\r\nh\xc3\xa4\r\n").mail == b"MAIL FROM:<a@example.org> SIZE=19 BODY=8BITMIME\r\n"
    assert prepared("Subject: ä\r\n\r\n".encode()).mail.endswith(b" SIZE=15 BODY=8BITMIME SMTPUTF8\r\n")
    assert prepared(to="ä@example.org").mail.endswith(b" SMTPUTF8\r\n")


def test_what_the_server_lacks_refuses_the_mail_and_says_so() -> None:
    assert "SMTPUTF8" in refused(Envelope("a@example.org", ("ä@example.org",), b"", "k"), {"8BITMIME"}).reason
    assert "8BITMIME" in refused(Envelope("a@example.org", ("b@example.org",), b"\r\n\xff", "k"), {"SIZE"}).reason


def test_a_domain_becomes_an_a_label_unless_the_local_part_needs_utf8_anyway() -> None:
    assert wire_address("b@bücher.example") == "b@xn--bcher-kva.example"
    assert wire_address("ä@bücher.example") == "ä@bücher.example"
    assert prepared(to="b@bücher.example", offered=set()).recipients == (b"RCPT TO:<b@xn--bcher-kva.example>\r\n",)


@pytest.mark.parametrize(
    "address",
    [
        "b@example.org\r\nRCPT TO:<c@example.org>",
        "b@exa\nmple.org",
        "b>@example.org",
        "<b@example.org",
        "b b@example.org",
        "b@example.org\x00",
        "b@example.org\u2028",
        "\ud800@example.org",
        "b@..bücher",
        "b",
        "@example.org",
        "b@",
        "",
    ],
)
def test_an_address_that_would_break_out_of_its_command_is_refused(address: str) -> None:
    refused(Envelope("a@example.org", (address,), b"", "k"))
    if address:
        refused(Envelope(address, ("b@example.org",), b"", "k"))


@given(st.text(max_size=30))
def test_no_address_ever_makes_a_second_command(address: str) -> None:
    mail = prepare(Envelope("a@example.org", (address,), b"", "k"), ALL)
    if isinstance(mail, Prepared):
        (command,) = mail.recipients
        assert command.count(b"\n") == 1
        assert command.endswith(b">\r\n")


def test_a_mail_for_nobody_is_refused() -> None:
    assert "no recipient" in refused(Envelope("a@example.org", (), b"", "k")).reason


def test_neither_content_is_in_the_repr() -> None:
    mail = prepared(b"Subject: secret\r\n")
    assert "secret" not in repr(mail)
