"""Django's password-reset mail in all its languages: template and catalogues read in place, mails parsed back."""

import email
import gettext
import io
import json
import re
import unicodedata
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from html import escape
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from apps.email import locale, mime
from apps.email.address import mailbox
from apps.email.cloudevents import Event
from apps.email.config import Email
from apps.email.rules import Decided, decide
from apps.email.templates import Templates, open_templates
from tests.apps.email.django_template import to_jinja

DATA: dict[str, Any] = {
    "to": "ada@example.org",
    "site_name": "Café “Крик” 烏鴉",
    "protocol": "https",
    "domain": "example.org",
    "uid": "MQ",
    "token": "set-password",
    "user": {"get_username": "ада & <лавлейс>"},
}
FROM = mailbox("From", "no-reply@example.org", "Rookery")
TO = mailbox("To", "ada@example.org", "ада")
BODY = "admin/templates/registration/password_reset_email.html"
SUBJECT = "auth/templates/registration/password_reset_subject.txt"
RIGHT_TO_LEFT = {"ar", "ar_DZ", "ckb", "fa", "he", "ug", "ur"}


@pytest.fixture(scope="module")
def django(corpus: Path) -> Path:
    return corpus / "01_password_reset_i18n" / "django" / "django" / "contrib"


@pytest.fixture(scope="module")
def config(django: Path, tmp_path_factory: pytest.TempPathFactory) -> Email:
    """What a config.yaml would say: our search path leads to the corpus."""
    folder = tmp_path_factory.mktemp("templates")
    mail = folder / "django_reset"
    mail.mkdir()
    body = to_jinja((django / BODY).read_text("utf-8"))
    subject = to_jinja((django / SUBJECT).read_text("utf-8"))
    (mail / "subject.txt").write_text(subject, "utf-8")
    (mail / "body.txt").write_text(body, "utf-8")
    (mail / "body.html").write_text(f'<html lang="{{{{ lang }}}}" dir="{{{{ direction }}}}">{body}</html>', "utf-8")
    return Email.model_validate(
        {
            "templates": [str(folder)],
            "catalogues": [str(django / "admin/locale"), str(django / "auth/locale")],
            "catalogue_domain": "django",
            "rules": {"reset": {"template": "django_reset", "class": "transactional"}},
        }
    )


@pytest.fixture(scope="module")
def templates(config: Email) -> Templates:
    return open_templates(config)


@pytest.fixture(scope="module")
def languages(django: Path) -> list[str]:
    found = {file.parent.parent.name for file in django.glob("*/locale/*/LC_MESSAGES/django.po")}
    return sorted(found)


def read_independently(django: Path, language: str) -> Callable[[str], str]:
    """The standard library's gettext over what Babel compiles: nothing of ours, and fallback by Django's own rule."""
    translations = gettext.NullTranslations()
    # A later fallback is asked last: the language itself in both catalogues, then its parents.
    chain = [language, *parents(language)]
    files = [django / app / "locale" / one / "LC_MESSAGES/django.po" for one in chain for app in ("admin", "auth")]
    present = [compiled(file) for file in files if file.exists()]
    if not present:
        return translations.gettext
    for one in present[1:]:
        present[0].add_fallback(one)
    return present[0].gettext


def parents(language: str) -> list[str]:
    return [tag.replace("-", "_") for tag in locale.ancestry(locale.parse(language))[1:]]


def compiled(file: Path) -> gettext.GNUTranslations:
    with file.open("rb") as content:
        catalogue: Catalog = read_po(content)
    compiled_file = io.BytesIO()
    write_mo(compiled_file, catalogue)
    compiled_file.seek(0)
    return gettext.GNUTranslations(compiled_file)


def in_django(source: str, find: Callable[[str], str]) -> list[str]:
    """The lines that Django would write, blank ones left out: its template filled in by hand, without our converter."""

    def translate(match: re.Match[str]) -> str:
        message = re.sub(r"{{ (\w+) }}", r"%(\1)s", match["block"] or match["text"])
        return find(message) % DATA

    text = re.sub(
        r"{% blocktranslate %}(?P<block>.*?){% endblocktranslate %}|{% translate [\"'](?P<text>.*?)[\"'] %}",
        translate,
        source,
    )
    text = re.sub(r"{% url .*? %}", "/reset/MQ/set-password/", text)
    text = re.sub(r"{%.*?%}", "", text)
    text = text.replace("{{ user.get_username }}", DATA["user"]["get_username"])
    text = re.sub(r"{{ (\w+) }}", lambda match: DATA[match[1]], text)
    return lines(text)


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def send(templates: Templates, config: Email, language: str) -> EmailMessage:
    """From an event to the mail as a reader parses it."""
    decision = decide(Event(language, "/corpus", "reset", {**DATA, "locale": language}), config, templates)
    assert isinstance(decision, Decided), decision
    (job,) = decision.jobs
    rendered = templates.render(job.template, [job.locale, config.default_locale], job.data)
    mail = mime.build(rendered, key=job.key, domain=config.message_id_domain, sender=FROM, recipient=TO, at=0.0)
    assert mail.data.isascii() and max(map(len, mail.data.split(b"\r\n"))) <= 78
    parsed = email.message_from_bytes(mail.data, policy=default)
    assert isinstance(parsed, EmailMessage) and not parsed.defects
    return parsed


def test_there_are_98_languages(languages: list[str]) -> None:
    assert len(languages) == 98


def test_every_language_gets_the_mail_its_catalogues_say(
    django: Path, config: Email, templates: Templates, languages: list[str]
) -> None:
    body_source = (django / BODY).read_text("utf-8")
    subject_source = (django / SUBJECT).read_text("utf-8")
    for language in languages:
        find = read_independently(django, language)
        mail = send(templates, config, language)
        text, html = mail.iter_parts()
        assert isinstance(text, EmailMessage) and isinstance(html, EmailMessage)
        (subject,) = in_django(subject_source, find)
        assert mail["Subject"] == subject, language
        assert text.get_content_type() == "text/plain" and html.get_content_type() == "text/html"
        assert lines(text.get_content()) == in_django(body_source, find), language
        for line in in_django(body_source, find):
            assert escape(line, quote=False) in unescape_quotes(html.get_content()), language


def unescape_quotes(html: str) -> str:
    return html.replace("&#34;", '"').replace("&#39;", "'")


def test_every_message_of_the_derived_list_stands_in_its_mail(
    corpus: Path, django: Path, config: Email, templates: Templates
) -> None:
    """The same comparison against the list that somebody else drew from the catalogues."""
    derived = json.loads((corpus / "01_password_reset_i18n" / "django_password_reset_messages.json").read_text("utf-8"))
    sources = "".join((django / part).read_text("utf-8") for part in (SUBJECT, BODY))
    compared = 0
    for language, entry in derived["messages"].items():
        mail = send(templates, config, language)
        body = mail.get_body(("plain",))
        assert body is not None
        said = [mail["Subject"], *lines(body.get_content())]
        for message, text in entry.items():
            # The list also holds sentences of older versions of the mail.
            if message.replace("%(site_name)s", "{{ site_name }}") in sources:
                assert any(line.startswith((text % DATA).strip()) for line in said), (language, text)
                compared += 1
    assert compared > 400


def test_languages_written_from_right_to_left_say_so(config: Email, templates: Templates, languages: list[str]) -> None:
    for language in languages:
        html = list(send(templates, config, language).iter_parts())[-1].get_content()
        direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        assert f'dir="{direction}"' in html, language


def test_letters_of_every_script_arrive_as_they_left(config: Email, templates: Templates) -> None:
    for language, script in {
        "ja": "HIRAGANA",
        "ar": "ARABIC",
        "hi": "DEVANAGARI",
        "ka": "GEORGIAN",
        "th": "THAI",
    }.items():
        found = str(send(templates, config, language)["Subject"])
        assert any(unicodedata.name(letter, "").startswith(script) for letter in found), language


def test_a_language_without_the_mail_gets_it_in_the_source_language(
    config: Email, templates: Templates, languages: list[str]
) -> None:
    """And says so: a reader that is told the wrong language reads the mail aloud in it."""
    mail = send(templates, config, "fil")
    assert (mail["Content-Language"], mail["Subject"]) == ("en", send(templates, config, "en")["Subject"])


def test_some_catalogues_are_partial_and_every_mail_counts_what_it_lacks(
    config: Email, templates: Templates, languages: list[str]
) -> None:
    found = {language: templates.render("django_reset", [language], DATA) for language in languages}
    assert all(0 <= one.fallbacks < one.messages for one in found.values() if one.locale != "en")
    assert [one for one in found.values() if one.fallbacks] and [one for one in found.values() if not one.fallbacks]
