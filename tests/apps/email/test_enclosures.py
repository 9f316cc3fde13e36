"""Files that go with mails: read back by the `email` package, the same for one person and for many, signed."""

from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.email import mime, reading
from apps.email.address import mailbox
from apps.email.enclosures import MOST_OCTETS, NOTHING, references
from apps.email.errors import TemplateError
from apps.email.letterhead.dkim import Signer, sign
from apps.email.templates import Templates
from apps.email.translations import Catalogues
from tests.apps.email.letterhead.keys import Dns, ed25519_key
from tests.apps.email.letterhead.test_dkim import verified
from tests.apps.email.words import catalogue, entries, template

LOGO = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
TERMS = b"%PDF-1.7\n" + b"\0\xff" * 500
SHOWING = '<p>{{ person.name }}<img src="cid:logo.png" alt=""></p>'
FIELDS: dict[str, Any] = {
    "key": "k" * 40,
    "domain": "example.org",
    "sender": mailbox("From", "no-reply@example.org", "Rookery"),
    "recipient": mailbox("To", "ada@example.org", "Ada"),
    "at": 1.0,
}
RELATED = ("multipart/related", "text/html", "image/gif")
ADA = {"name": "Ada", "address": "ada@example.org"}


def made(folder: Path, files: Mapping[str, bytes], html: str | None = SHOWING, words: Path | None = None) -> Templates:
    """A search path with the template `t` that has these files."""
    template(folder, "t", "{{ _('Hello') }}", "Dear {{ person.name }}", html)
    for name, octets in files.items():
        (folder / "t" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "t" / name).write_bytes(octets)
    return Templates([folder], Catalogues([] if words is None else [(words, "messages")]))


def sent(templates: Templates, tag: str = "en", person: Mapping[str, Any] = ADA) -> bytes:
    """The mail's octets, which are the same both ways."""
    rendered = templates.render("t", [tag], {}, person)
    data = mime.build(rendered, **FIELDS).data
    words = templates.wording("t", [tag], {}).fill(person)
    assert mime.write(words, locale=rendered.locale, **FIELDS).data == data
    return data


def read(data: bytes) -> EmailMessage:
    parsed = message_from_bytes(data, _class=EmailMessage, policy=default)
    assert not [defect for part in parsed.walk() for defect in part.defects]
    assert max(map(len, data.split(b"\r\n"))) <= 78 and b"\n" not in data.replace(b"\r\n", b"")
    return parsed


def attached(data: bytes) -> dict[str | None, bytes]:
    return {part.get_filename(): octets(part) for part in read(data).iter_attachments()}


def octets(part: Any) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def structure(part: Any) -> Any:
    kind = part.get_content_type()
    return (kind, *map(structure, part.iter_parts())) if part.is_multipart() else kind


def test_pictures_stand_beside_the_html_and_attachments_after_all(tmp_path: Path) -> None:
    mail = read(sent(made(tmp_path, {"inline/logo.png": LOGO, "attachments/terms.pdf": TERMS})))
    related = ("multipart/related", "text/html", "image/png")
    alternative = ("multipart/alternative", "text/plain", related)
    assert structure(mail) == ("multipart/mixed", alternative, "application/pdf")
    html, picture = [part for part in mail.walk() if part.get_content_type() in {"text/html", "image/png"}]
    assert "cid:logo.png" in html.get_content() and picture["Content-ID"] == "<logo.png>"
    assert (octets(picture), picture.get_content_disposition()) == (LOGO, "inline")
    (terms,) = mail.iter_attachments()
    assert (octets(terms), terms.get_filename()) == (TERMS, "terms.pdf")
    types = [part.get_param("type") for part in mail.walk() if part.get_content_type() == "multipart/related"]
    assert types == ["text/html"]


@pytest.mark.parametrize(
    ("files", "html", "expected"),
    [
        ({"attachments/a.pdf": TERMS}, None, ("multipart/mixed", "text/plain", "application/pdf")),
        ({"inline/logo.png": LOGO}, None, "text/plain"),
        ({"inline/l.gif": LOGO}, "<p>", ("multipart/alternative", "text/plain", RELATED)),
        ({"attachments/.hidden": TERMS}, "<p>", ("multipart/alternative", "text/plain", "text/html")),
        ({"attachments/a.eml": TERMS}, None, ("multipart/mixed", "text/plain", "application/octet-stream")),
        ({"attachments/a.tar.gz": TERMS}, None, ("multipart/mixed", "text/plain", "application/octet-stream")),
        ({"attachments/empty.txt": b""}, None, ("multipart/mixed", "text/plain", "text/plain")),
    ],
)  # fmt: skip
def test_other_mails_have_only_the_levels_they_need(
    tmp_path: Path, files: dict[str, bytes], html: str | None, expected: Any
) -> None:
    assert structure(read(sent(made(tmp_path, files, html)))) == expected


# A slash ends a name, a dot hides a file, and a file system takes 255 octets.
names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/"), min_size=1, max_size=50)


@settings(max_examples=40)
@given(
    files=st.dictionaries(names.map("x{}".format), st.binary(max_size=300), min_size=1, max_size=3),
    picture=st.binary(max_size=300),
    people=st.lists(st.text(max_size=30), min_size=1, max_size=3),
)
def test_whatever_names_and_octets_come_out_as_they_went_in(
    files: dict[str, bytes], picture: bytes, people: list[str]
) -> None:
    with TemporaryDirectory() as folder:
        enclosed = {f"attachments/{name}": content for name, content in files.items()}
        templates = made(Path(folder), {**enclosed, "inline/logo.png": picture})
        for name in people:
            data = sent(templates, person={**ADA, "name": name})
            assert data.isascii() and attached(data) == files
            (shown,) = [part for part in read(data).walk() if part["Content-ID"]]
            assert octets(shown) == picture


def test_names_that_are_not_ascii_are_written_by_rfc_2231(tmp_path: Path) -> None:
    name = "Bedingungen für Änderungen an sehr langen Namen von Dateien, Подписка.pdf"
    data = sent(made(tmp_path, {f"attachments/{name}": TERMS}, None))
    assert b"filename*0*=utf-8''Bedingungen%20" in data and attached(data) == {name: TERMS}


def test_a_language_has_files_of_its_own(tmp_path: Path) -> None:
    files = {"attachments/a.txt": b"all", "attachments/b.txt": b"b", "attachments/de/a.txt": b"de"}
    files |= {"attachments/de_AT/c.txt": b"at", "inline/logo.png": LOGO, "inline/de/logo.png": b"de"}
    words = tmp_path / "words"
    for tag in ("de", "de_AT", "fr"):
        catalogue(words, tag, entries({"Hello": tag}))
    templates = made(tmp_path / "templates", files, words=words)
    assert attached(sent(templates, "fr")) == {"a.txt": b"all", "b.txt": b"b"}
    assert attached(sent(templates, "de")) == {"a.txt": b"de", "b.txt": b"b"}
    assert attached(sent(templates, "de-AT")) == {"a.txt": b"de", "b.txt": b"b", "c.txt": b"at"}
    pictures = {tag: templates.render("t", [tag], {}).enclosures.inline[0].size for tag in ("fr", "de", "de-AT")}
    assert pictures == {"fr": len(LOGO), "de": 2, "de-AT": 2}


def test_a_file_is_encoded_once_and_anew_when_it_has_changed(tmp_path: Path) -> None:
    templates = made(tmp_path, {"inline/logo.png": LOGO})
    first = templates.render("t", ["en"], {}).enclosures
    assert templates.wording("t", ["en"], {}).fill(ADA).enclosures is first
    assert made(tmp_path, {}).render("t", ["en"], {}).enclosures.inline[0] is first.inline[0]
    again = made(tmp_path, {"inline/logo.png": b"other"})
    assert again.render("t", ["en"], {}).enclosures.inline[0].size == 5


def test_an_earlier_folder_of_the_search_path_wins(tmp_path: Path) -> None:
    made(tmp_path / "later", {"attachments/a.txt": b"later", "attachments/b.txt": b"b"})
    made(tmp_path / "first", {"attachments/a.txt": b"first", "inline/logo.png": LOGO})
    templates = Templates([tmp_path / "first", tmp_path / "later"], Catalogues([]))
    assert attached(sent(templates)) == {"a.txt": b"first", "b.txt": b"b"}


@pytest.mark.parametrize(
    ("files", "html", "fault"),
    [
        ({}, SHOWING, "no inline/logo.png"),
        ({}, "{{ '<img src=cid:x.PNG>' }}{% set x = 'cid:y.gif' %}", "no inline/y.gif"),
        ({"inline/logo.svg": b"<svg/>"}, "<p>", "inline/logo.svg: only .png"),
        ({"inline/lögo.png": LOGO}, "<p>", "inline/lögo.png: the name of a picture"),
        ({"attachments/a\nb.txt": b""}, "<p>", "control character"),
        ({"attachments/drafts/a.txt": b""}, "<p>", "attachments/drafts/a.txt: 'drafts'"),
        ({"attachments/a.bin": bytes(MOST_OCTETS), "inline/b.png": b"1"}, "<p>", "1,048,577 octets, at most 1,048,576"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(
    tmp_path: Path, files: dict[str, bytes], html: str, fault: str
) -> None:
    templates = made(tmp_path, files, html)
    for use in (templates.render, templates.wording):
        with pytest.raises(TemplateError, match="template 't', locale 'en'") as error:
            use("t", ["en"], {})
        assert fault in str(error.value)


def test_a_name_made_of_variables_is_not_told() -> None:
    assert references('<img src="cid:flag-') == frozenset() == references('.png">')
    assert references("<td style='background:url(cid:a.png)'><img src=cid:b.gif >") == {"a.png", "b.gif"}


def test_a_template_without_files_has_none(tmp_path: Path) -> None:
    assert made(tmp_path, {}, "<p>").render("t", ["en"], {}).enclosures is NOTHING


def test_the_signature_covers_the_files(tmp_path: Path) -> None:
    dns: Dns = {}
    data = sent(made(tmp_path, {"inline/logo.png": LOGO, "attachments/terms.pdf": TERMS}))
    signed = sign(data, [Signer.of(ed25519_key(tmp_path, dns))])
    assert signed.endswith(data) and verified(signed, dns)
    assert not verified(signed.replace(b"JVBERi0xLjcK", b"JVBERi0xLjgK"), dns)


def test_the_outbox_lists_the_files(tmp_path: Path) -> None:
    found = reading.read(sent(made(tmp_path, {"inline/logo.png": LOGO, "attachments/terms.pdf": TERMS})))
    assert [(one.name, one.content_type, one.size) for one in found.attachments] == [
        ("logo.png", "image/png", len(LOGO)),
        ("terms.pdf", "application/pdf", len(TERMS)),
    ]
    assert (found.text or "").strip() == "Dear Ada" and "cid:logo.png" in (found.html or "")


def test_no_name_of_a_file_can_end_a_part(tmp_path: Path) -> None:
    usual = read(sent(made(tmp_path, {"inline/logo.png": LOGO}))).get_boundary() or ""
    name = f"{usual.removeprefix('=_')}.txt"
    data = sent(made(tmp_path, {f"attachments/{name}": TERMS}))
    assert attached(data) == {name: TERMS} and usual not in data.decode()


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ('<img src="cid:logo.png" alt="">', "logo.png"),
        ("<img src=cid:logo.png alt=''>", "logo.png"),
        ('<p style="background: url(cid:logo.png)">', "logo.png"),
        ('<img src="cid:{{ "logo" if person.name else "x" }}.png" alt="">', "logo.png"),
        ('<img src="cid:{{ person.name }}.png" alt="">', "Ada.png"),
    ],
)
def test_a_content_id_has_the_domain_of_the_message_id(tmp_path: Path, written: str, id: str) -> None:
    """A mail's HTML and its picture have the same name for it, one that nobody else has (RFC 2392)."""
    template(tmp_path, "t", "Hello", "Dear {{ person.name }}", written)
    (tmp_path / "t" / "inline").mkdir()
    (tmp_path / "t" / "inline" / id).write_bytes(LOGO)
    templates = Templates([tmp_path], Catalogues([]), domain="mail.example.org")
    mail = read(sent(templates))
    html, picture = [part for part in mail.walk() if part.get_content_type() in {"text/html", "image/png"}]
    assert picture["Content-ID"] == f"<{id}@mail.example.org>"
    assert f"cid:{id}@mail.example.org" in html.get_content()
    shown = reading.read(mail.as_bytes())
    assert "data:image/png;base64," in reading.frame(shown.html or "", shown.pictures)


def test_a_missing_picture_is_told_by_its_name(tmp_path: Path) -> None:
    template(tmp_path, "t", "Hello", "Dear", SHOWING)
    with pytest.raises(TemplateError, match=r"there is no inline/logo\.png$"):
        Templates([tmp_path], Catalogues([]), domain="example.org").render("t", ["en"], {}, ADA)


def test_haml_names_its_pictures_alike(tmp_path: Path) -> None:
    template(tmp_path, "t", "Hello", "Dear", None)
    (tmp_path / "t" / "body.html.haml").write_text("%img{src: 'cid:logo.png', alt: ''}\n")
    (tmp_path / "t" / "inline").mkdir()
    (tmp_path / "t" / "inline" / "logo.png").write_bytes(LOGO)
    rendered = Templates([tmp_path], Catalogues([]), domain="example.org").render("t", ["en"], {}, ADA)
    assert "cid:logo.png@example.org" in (rendered.html or "")
