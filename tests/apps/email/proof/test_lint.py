import json
from pathlib import Path
from typing import Any

import pytest

from apps.email.config import Email
from apps.email.proof.lint import folders, lint
from apps.email.templates import Templates, open_templates
from apps.email.translations import Catalogues
from tests.apps.email.words import catalogue, entries, template

PLAIN = "<p>{{ who }}</p>"


def rules(folder: Path, html: str = PLAIN, sample: Any = None, config: Email | None = None) -> set[tuple[str, str]]:
    """(severity, rule) of all findings about a template with this HTML."""
    template(folder, "mail/one", "Hi", "{{ who }}", html)
    if sample is not None:
        (folder / "mail" / "one" / "sample.json").write_text(json.dumps(sample))
    found = lint(Templates([folder], Catalogues([])), config or Email.model_validate({}))
    assert {finding.template for finding in found} <= {"mail/one"}
    return {(finding.severity, finding.rule) for finding in found}


GOOD = {"data": {"who": "Ann"}}


def test_nothing_to_say(tmp_path: Path) -> None:
    assert rules(tmp_path, PLAIN, GOOD) == set()


@pytest.mark.parametrize(
    ("html", "sample", "found"),
    [
        (PLAIN, None, ("warning", "no-sample")),
        (PLAIN + "{{ more }}", GOOD, ("error", "undeclared-variable")),
        (PLAIN, {"data": {"who": "x", "old": 1}}, ("warning", "unused-variable")),
        (PLAIN + "<img src='x.png'>", GOOD, ("error", "image-without-alt")),
        (PLAIN + "<a href='http://example.org'>x</a>", GOOD, ("warning", "link-without-https")),
        (PLAIN + "x" * 103 * 1024, GOOD, ("error", "too-large")),
        (PLAIN + "{{ who + 1 }}", GOOD, ("error", "not-rendered")),
        (PLAIN + "{% if %}", GOOD, ("error", "broken")),
        (PLAIN + "<style>p{color:red}</style><b><p>x</b></p>", GOOD, ("warning", "styles-not-inlined")),
        (PLAIN, [1], ("error", "broken")),
    ],
)
def test_findings(tmp_path: Path, html: str, sample: Any, found: tuple[str, str]) -> None:
    assert found in rules(tmp_path, html, sample)


def test_pictures_that_only_decorate_and_other_links_are_fine(tmp_path: Path) -> None:
    html = PLAIN + "<img src='x' alt=''><a href='https://x.org'>x</a><a href='mailto:a@b.org'>x</a><a href='#top'>x</a>"
    assert rules(tmp_path, html, GOOD) == set()


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("<img src='cid:logo.png' alt=''>", set()),
        ("{% if who == 'Bob' %}<img src='cid:logo.png' alt=''>{% endif %}", set()),
        ("", {("warning", "unused-picture")}),
        ("<img src='cid:logo.png' alt=''><img src='cid:other.png' alt=''>", {("error", "broken")}),
        ("<img src='cid:logo.png' alt=''><img src='cid:{{ who }}.png' alt=''>", {("error", "missing-picture")}),
    ],
)
def test_pictures_are_there_and_shown(tmp_path: Path, shown: str, found: set[tuple[str, str]]) -> None:
    (tmp_path / "mail/one/inline").mkdir(parents=True)
    (tmp_path / "mail/one/inline/logo.png").write_bytes(b"x" * 200 * 1024)
    assert rules(tmp_path, PLAIN + shown, GOOD) == found


def test_a_folder_without_its_text_is_found(tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "subject.txt").write_text("Hi")
    (tmp_path / "half" / "body.html").write_text("Hi")
    templates = Templates([tmp_path], Catalogues([]))
    assert folders(templates) == ["half"]
    (finding,) = lint(templates, Email.model_validate({}))
    assert (finding.severity, finding.rule, finding.where) == ("error", "missing-part", "body.txt")
    (unknown,) = lint(templates, Email.model_validate({}), ["no/such"])
    assert unknown.rule == "unknown-template"


def test_bulk_mail_says_how_to_leave_it(tmp_path: Path) -> None:
    rule = {"bulk": {"template": "mail/one", "class": "bulk"}}
    template(tmp_path, "mail/one", "Hi", "{{ who }}", PLAIN)
    config = Email.model_validate({"templates": [tmp_path], "rules": rule})
    assert ("warning", "missing-unsubscribe") in rules(tmp_path, PLAIN, GOOD, config)
    leaving = PLAIN + "<a href='{{ person.unsubscribe_url|default('https://x.org') }}'>x</a>"
    assert rules(tmp_path, leaving, GOOD, config) == set()


def test_what_is_not_translated_is_named_with_its_language(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ _('Hello') }}", "{{ _('Bye') }}")
    words = catalogue(tmp_path / "words", "de", entries({"Hello": "Hallo"}))
    (tmp_path / "hello" / "sample.json").write_text("{}")
    found = lint(Templates([tmp_path], Catalogues([(words, "messages")])), Email.model_validate({}))
    assert [(one.rule, one.where, "Bye" in one.message) for one in found] == [("missing-translation", "de", True)]


def test_keys_that_no_rails_file_has_are_found_in_every_language(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ t('.hi') }}", "{{ t('.bye', default='x') }}")
    (tmp_path / "locales").mkdir()
    (tmp_path / "locales" / "a.yml").write_text("en: {hello: {hi: Hi}}\nde: {hello: {hi: Hallo, bye: Ade}}")
    (tmp_path / "hello" / "sample.json").write_text("{}")
    found = lint(Templates([tmp_path], Catalogues([], [tmp_path / "locales"])), Email.model_validate({}))
    assert [(one.rule, one.where) for one in found] == [("missing-translation", "en")]


def test_our_own_templates_have_no_errors() -> None:
    config = Email.model_validate({})
    assert [one for one in lint(open_templates(config), config) if one.severity == "error"] == []
