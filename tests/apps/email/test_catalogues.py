"""Rookery's own catalogues: complete, with the messages' placeholders, and plurals that agree with CLDR."""

import re
import string
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from apps.email import locale
from apps.email.config import OWN_CATALOGUES, OWN_DOMAIN, OWN_TEMPLATES
from apps.email.syntax import messages_of, trees
from apps.email.templates import Templates
from apps.email.translations import read_catalogue

FILES = sorted(OWN_CATALOGUES.glob(f"*/LC_MESSAGES/{OWN_DOMAIN}.po"))
TAGS = [file.parent.parent.name for file in FILES]
PROMISED = {"es", "pt_BR", "fr", "de", "it", "pl", "ru", "tr", "ar", "hi", "ja"}
DATA: dict[str, dict[str, Any]] = {
    "password_reset": {"link": "https://example.org/r/1?a=1&b=2", "hours": 24},
    "petition_update": {
        "petition": "Save the <rooks> & crows",
        "signatures": 1234,
        "goal": 5000,
        "news": "We did it.\nThank you!",
        "link": "https://example.org/p/1",
    },
}

each_file = pytest.mark.parametrize("file", FILES, ids=TAGS)


def catalogue(file: Path) -> Catalog:
    with file.open("rb") as content:
        return read_po(content, abort_invalid=True)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_the_promised_languages_are_there() -> None:
    assert set(TAGS) >= PROMISED
    assert len({"en", *TAGS}) >= 12


@each_file
def test_a_catalogue_says_everything_the_templates_say_and_nothing_else(file: Path, own: Templates) -> None:
    found = catalogue(file)
    said = {(message.context, forms(message.id)[0]) for message in found if message.id}
    assert said == {message for name in DATA for message in own._syntax(name).messages}
    assert not any(message.fuzzy for message in found if message.id)
    assert all(all(forms(message.string)) for message in found if message.id)


@each_file
def test_placeholders_are_those_of_the_message(file: Path) -> None:
    for message in catalogue(file):
        if not message.id:
            continue
        allowed = placeholders(" ".join(forms(message.id)))
        for text in forms(message.string):
            assert placeholders(text) <= allowed, text
            assert "%" not in re.sub(r"%\(\w+\)s", "", text), text
        # Words may stand for a small number ("two hours" in Arabic); the form for many has to say it.
        assert placeholders(forms(message.string)[-1]) == allowed, message.id


@each_file
def test_plurals_agree_with_cldr(file: Path) -> None:
    """Numbers of one gettext form are of one CLDR category, and the other way around."""
    found = catalogue(file)
    tag = file.parent.parent.name
    form, category = read_catalogue(file, tag).form, Locale.parse(tag).plural_form
    pairs = {(form(number), category(number)) for number in range(1000)}
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}) == found.num_plurals
    for message in found:
        if isinstance(message.id, tuple):
            assert len(forms(message.string)) == found.num_plurals, message.id


@each_file
def test_the_header_is_right(file: Path) -> None:
    found = catalogue(file)
    assert (found.locale_identifier, found.charset) == (file.parent.parent.name, "utf-8")


@pytest.mark.parametrize("tag", ["en", *TAGS])
@pytest.mark.parametrize("name", DATA)
def test_every_own_mail_is_whole_in_every_language(own: Templates, name: str, tag: str) -> None:
    mail = own.render(name, [tag], DATA[name], {"name": "Ada <3"})
    assert (mail.locale, mail.fallbacks) == (locale.parse(tag), 0)
    assert mail.html is not None
    assert f'lang="{mail.locale}" dir="{mail.direction}"' in mail.html
    assert "<rooks>" not in mail.html and "Ada <3" not in mail.html
    assert DATA[name]["link"] in mail.text
    assert mail.text == mail.text.strip() + "\n" and "\n\n\n" not in mail.text
    assert all(line == line.rstrip() for line in mail.text.splitlines())


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("name", DATA)
def test_no_english_is_left_in_a_translated_mail(own: Templates, name: str, tag: str) -> None:
    translated, english = (own.render(name, [one], DATA[name], {"name": "Zz"}).text for one in (tag, "en"))
    given = set(" ".join(map(str, DATA[name].values())).split())

    def sentences(text: str) -> set[str]:
        return {line for line in text.splitlines() if len(line.split()) > 1 and not set(line.split()) <= given}

    assert not sentences(translated) & sentences(english)


@pytest.mark.parametrize("tag", ["en", *TAGS])
def test_without_a_name_the_greeting_still_stands(own: Templates, tag: str) -> None:
    mail = own.render("password_reset", [tag], DATA["password_reset"])
    assert mail.text.splitlines()[0].strip(string.punctuation)


class Balance(HTMLParser):
    VOID = frozenset({"meta", "img", "br", "hr", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", DATA)
def test_the_html_is_well_formed_and_loads_nothing(own: Templates, name: str) -> None:
    html = own.render(name, ["ar"], DATA[name]).html or ""
    balance = Balance()
    balance.feed(html)
    assert balance.open == []
    assert not {"script", "img", "link", "iframe", "form", "style"} & set(balance.seen)
    assert balance.seen.count("h1") == 1
    assert html.count('role="presentation"') == balance.seen.count("table")


def test_the_templates_on_disk_are_those_that_are_tested(own: Templates) -> None:
    assert set(own.names()) == set(DATA)
    parts = [f"{name}/{part}" for name in DATA for part in ("subject.txt", "body.txt", "body.html")]
    assert all((OWN_TEMPLATES / part).is_file() for part in parts)
    assert messages_of(trees(own._plain, parts))
