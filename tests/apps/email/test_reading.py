import base64
import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.pictures import MOST_OCTETS
from apps.email.reading import CONTENT_POLICY, MAX_SOURCE_CHARS, Reading, frame, read


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Petitions <news@example.org>"
    message["To"] = "salma@example.org"
    message["Subject"] = "إعادة تعيين كلمة المرور"
    message.set_content("مرحبا\n")
    message.add_alternative("<p dir=rtl>مرحبا</p>", subtype="html")
    message.add_attachment(b"\x00" * 10, maintype="image", subtype="png", filename="a.png")
    return message


def test_a_letter_is_taken_apart() -> None:
    reading = read(letter().as_bytes())
    assert reading.header("subject") == "إعادة تعيين كلمة المرور"
    assert reading.text == "مرحبا\n"
    assert reading.html is not None
    assert reading.html.strip() == "<p dir=rtl>مرحبا</p>"
    [attachment] = reading.attachments
    assert (attachment.name, attachment.content_type, attachment.size) == ("a.png", "image/png", 10)
    assert reading.source.startswith("From: Petitions")


def test_a_mail_of_one_part_has_no_other() -> None:
    reading = read(b"Subject: x\r\n\r\nhello\r\n")
    assert (reading.text, reading.html, reading.attachments) == ("hello\r\n", None, ())


def test_an_attached_page_is_not_the_mail() -> None:
    message = EmailMessage()
    message.set_content("see there")
    message.add_attachment("<script>alert(1)</script>", subtype="html", filename="page.html")
    reading = read(message.as_bytes())
    assert reading.html is None
    assert [attachment.name for attachment in reading.attachments] == ["page.html"]


@pytest.mark.parametrize(
    "header",
    [b"Content-Type: text/plain; charset=klingon", b"Content-Type: text/plain; charset=\xff", b"Content-Type: ;"],
)
def test_an_unknown_charset_hides_nothing(header: bytes) -> None:
    reading = read(header + b"\r\n\r\nhello \xff\r\n")
    assert reading.text is not None
    assert reading.text.startswith("hello")


def test_control_characters_do_not_pass_a_header() -> None:
    reading = read(b"Subject: =?utf-8?q?a=0D=0ABcc=3A_x=00?=\r\n\r\n")
    assert reading.header("Subject").isprintable()


@given(st.binary(max_size=400))
def test_whatever_arrives_can_be_shown(content: bytes) -> None:
    reading = read(content)
    assert all(value.isprintable() for _, value in reading.headers)


def test_a_huge_source_is_cut_and_says_so() -> None:
    reading = read(b"Subject: x\r\n\r\n" + b"y" * (MAX_SOURCE_CHARS + 100))
    assert len(reading.source) < MAX_SOURCE_CHARS + 100
    assert re.search(r"\[\.\.\. \d+ more characters\]$", reading.source)


def test_the_policy_comes_before_anything_of_the_mails() -> None:
    document = frame("<html><head><meta http-equiv=Content-Security-Policy content='img-src *'></head>")
    assert document.index("default-src &#x27;none&#x27;") < document.index("<html>")
    assert "script" not in CONTENT_POLICY.partition("default-src 'none'")[2]


@pytest.mark.parametrize("tag", ["iframe", "base", "Meta", "link", "object", "embed", "frame"])
@pytest.mark.parametrize("end", [" src=x>", ">", "/>", "\n>", "\t/"])
def test_active_elements_lose_their_meaning(tag: str, end: str) -> None:
    assert f"<x-{tag}{end}" in frame(f"<p>a<{tag}{end}")
    assert f"</x-{tag}>" in frame(f"</{tag}>")


@pytest.mark.parametrize("markup", ["<p>iframe</p>", "<header>x</header>", "a < base", "<basefont>"])
def test_other_elements_stay(markup: str) -> None:
    assert frame(markup).endswith(markup)


PIXEL = b"\x89PNG\r\n\x1a\n<script>"


def carrying(html: str, *carried: tuple[str, str, bytes]) -> Reading:
    message = EmailMessage()
    message.set_content("hello")
    message.add_alternative(html, subtype="html")
    part = list(message.iter_parts())[1]
    assert isinstance(part, EmailMessage)
    for id, kind, octets in carried:
        main, _, sub = kind.partition("/")
        part.add_related(octets, main, sub, cid=id)
    return read(message.as_bytes())


def test_pictures_that_the_mail_carries_are_part_of_what_is_shown() -> None:
    html = '<img src="cid:logo.png"><img src=CID:a%40b><img src="cid:other"><p style="background:url(cid:logo.png)">'
    mail = carrying(html, ("<logo.png>", "image/png", PIXEL), ("<a@b>", "image/gif", b"GIF89a"))
    document = frame(mail.html or "", mail.pictures)
    inside = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    assert f'<img src="{inside}">' in document and f"url({inside})" in document
    assert "<img src=data:image/gif;base64,R0lGODlh>" in document
    assert 'src="cid:other"' in document and "<script>" not in document
    assert "cid:logo.png" in frame(mail.html or "")


def test_what_is_a_document_or_too_large_is_no_picture() -> None:
    svg = ("<s>", "image/svg+xml", b"<svg onload='top.x()'/>")
    assert carrying("<p>", svg, ("<t>", "text/html", b"<script>")).pictures == {}
    many = [(f"<{number}>", "image/png", b"x" * (MOST_OCTETS // 2)) for number in range(3)]
    assert sorted(carrying("<p>", *many, ("<3>", "image/png", b"")).pictures) == ["0", "1", "3"]
    twice = carrying("<p>", ("<a>", "image/png", b"1"), ("<a>", "image/png", b"2"))
    assert twice.pictures == {"a": "data:image/png;base64,MQ=="}
