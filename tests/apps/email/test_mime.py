import email
import re
from collections.abc import Mapping
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.email import mime
from apps.email.address import Mailbox, mailbox
from apps.email.errors import HeaderRefused
from apps.email.templates import Rendered

SENDER = mailbox("From", "no-reply@example.org", "Rookery")
ADA = mailbox("To", "ada@example.org", "Ada")
KEY = "k" * 40

shown = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300)
subjects = shown.map(str.strip).filter(bool)
names = shown.map(lambda text: mailbox("To", "ada@example.org", text).name)
bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=400).map(
    lambda text: re.sub(r"\r\n|\r", "\n", text).strip("\n") + "\n"
)


def rendered(subject: str = "Hello", text: str = "Text\n", html: str | None = "<p>Text</p>\n") -> Rendered:
    return Rendered("hello", "ja", "ltr", ("ja", "en"), 0, 1, subject, text, html)


def build(of: Rendered | None = None, recipient: Mailbox = ADA, more: Mapping[str, str] | None = None) -> mime.Mime:
    return mime.build(
        of or rendered(), key=KEY, domain="example.org", sender=SENDER, recipient=recipient, at=1.9, headers=more
    )


def parse(mail: mime.Mime) -> EmailMessage:
    parsed = email.message_from_bytes(mail.data, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def content(part: object) -> str:
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


@given(subjects, names, bodies, bodies)
def test_what_goes_in_comes_out_and_every_line_is_fit_for_smtp(subject: str, name: str, text: str, html: str) -> None:
    mail = build(rendered(subject, text, html), mailbox("To", "ada@example.org", name))
    assert mail.data.isascii()
    assert b"\r" not in mail.data.replace(b"\r\n", b"") and b"\n" not in mail.data.replace(b"\r\n", b"")
    assert max(map(len, mail.data.split(b"\r\n"))) <= 78
    found = parse(mail)
    assert not found.defects
    assert found["Subject"] == subject
    # The parser of the `email` package puts blanks between encoded words of a name (RFC 2047 says none); the older
    # functions do not.
    said, address = parseaddr(email.message_from_bytes(mail.data)["To"])
    assert (str(make_header(decode_header(said))), address) == (name, "ada@example.org")
    first, last = found.iter_parts()
    assert (content(first), content(last)) == (text, html)


@given(subjects, names)
def test_a_mail_has_exactly_the_headers_it_should(subject: str, name: str) -> None:
    found = parse(build(rendered(subject), mailbox("To", "ada@example.org", name)))
    assert found.keys() == [
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
        *("MIME-Version", "Content-Type"),
    ]
    assert len(found["To"].addresses) == 1


@given(st.text(max_size=60), st.sampled_from("\r\n\0\x0b\x0c\x1c\x85\u2028\u2029\x7f\ud800"), st.text(max_size=60))
def test_no_value_can_begin_a_line_of_its_own(before: str, breaker: str, after: str) -> None:
    value = f"{before}{breaker}{after}"
    with pytest.raises(HeaderRefused) as refused:
        build(rendered(subject=value))
    assert refused.value.header == "Subject"
    with pytest.raises(HeaderRefused):
        mailbox("To", "ada@example.org", value)
    with pytest.raises(HeaderRefused):
        build(recipient=Mailbox("ada@example.org", value, "ada@example.org", False))
    with pytest.raises(HeaderRefused):
        build(more={"X-Campaign": value})


@given(subjects)
def test_encoded_words_are_short_and_never_split_a_character(subject: str) -> None:
    head = build(rendered(subject)).data.split(b"\r\n\r\n")[0].decode()
    for word in re.findall(r"=\?utf-8\?[bq]\?[^?]*\?=", head):
        assert len(word) <= 75
        ((octets, charset),) = decode_header(word)
        assert isinstance(octets, bytes) and charset == "utf-8"
        octets.decode("utf-8")


def test_text_comes_first_and_html_last() -> None:
    found = parse(build())
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]


def test_without_html_the_mail_is_its_text() -> None:
    found = parse(build(rendered(html=None)))
    assert (found.get_content_type(), content(found)) == ("text/plain", "Text\n")


def test_the_same_input_gives_the_same_bytes() -> None:
    assert build() == build()


def test_the_message_id_comes_from_the_key() -> None:
    mail = build()
    assert mail.message_id == f"<{KEY}@example.org>" == parse(mail)["Message-ID"]


def test_the_date_is_the_given_moment_in_utc() -> None:
    moment = parsedate_to_datetime(parse(build())["Date"])
    assert (moment.timestamp(), str(moment.tzinfo)) == (1.0, "UTC")


def test_the_language_and_the_origin_are_said() -> None:
    assert (parse(build())["Content-Language"], parse(build())["Auto-Submitted"]) == ("ja", "auto-generated")


@pytest.mark.parametrize("value", ["<https://exämple.org>", f"<https://example.org/{'x' * 1000}>", "<x>\r\nBcc: y"])
def test_a_header_for_programs_that_no_line_can_carry_is_refused(value: str) -> None:
    with pytest.raises(HeaderRefused, match="List-Unsubscribe"):
        build(more={"List-Unsubscribe": value})


def test_further_headers_are_the_callers_choice() -> None:
    url = f"<https://example.org/{'x' * 300}>"
    mail = build(more={"X-Campaign": "ü", "List-Unsubscribe": url})
    assert (parse(mail)["X-Campaign"], parse(mail)["Auto-Submitted"]) == ("ü", None)
    assert f"\r\nList-Unsubscribe: {url}\r\n".encode() in mail.data


def test_the_envelope_has_a_labels_and_no_smtputf8_without_need() -> None:
    mail = build(recipient=mailbox("To", "ada@münchen.de", "Jürgen"))
    assert (mail.mail_from, mail.rcpt_to, mail.smtputf8) == (SENDER.envelope, "ada@xn--mnchen-3ya.de", False)


def test_a_local_part_that_is_not_ascii_needs_smtputf8_and_stands_in_the_header_as_it_is() -> None:
    mail = build(recipient=mailbox("To", "ädä@münchen.de", "Ädä"))
    assert (mail.rcpt_to, mail.smtputf8) == ("ädä@xn--mnchen-3ya.de", True)
    assert "<ädä@xn--mnchen-3ya.de>".encode() in mail.data


@pytest.mark.parametrize(
    "name", ["Lovelace, Ada", 'Ada "Countess" L.', "a\\b", "Ada <eve@example.org>", "=?utf-8?q?x?="]
)
def test_a_name_that_looks_like_syntax_stays_a_name(name: str) -> None:
    (found,) = parse(build(recipient=mailbox("To", "ada@example.org", name)))["To"].addresses
    assert (found.display_name, found.addr_spec) == (name, "ada@example.org")


@given(bodies, bodies)
def test_no_content_can_end_its_part(text: str, html: str) -> None:
    boundary = parse(build(rendered(text=text, html=html))).get_boundary()
    assert boundary
    assume(boundary not in text)
    again = build(rendered(text=f"--{boundary}--\n{text}", html=html))
    assert content(next(parse(again).iter_parts())) == f"--{boundary}--\n{text}"


def test_long_lines_are_wrapped_for_the_way() -> None:
    mail = build(rendered(text="x" * 5000 + "\n", html="<p>" + "ü" * 5000 + "</p>\n"))
    assert max(map(len, mail.data.split(b"\r\n"))) <= 78
    first, last = parse(mail).iter_parts()
    assert (content(first), content(last)) == ("x" * 5000 + "\n", "<p>" + "ü" * 5000 + "</p>\n")
