import threading
from pathlib import Path
from typing import Any

import pytest

from apps.email.errors import EmailError, MissingVariables, TemplateError, UnknownTemplate
from apps.email.syntax import Needs
from apps.email.templates import Templates
from apps.email.translations import Catalogues
from tests.apps.email.words import catalogue, entries, template


def templates(folder: Path, *catalogues: Path, source: str = "en") -> Templates:
    return Templates([folder], Catalogues([(one, "messages") for one in catalogues]), source)


def test_the_parts_are_rendered_with_the_events_data(tmp_path: Path) -> None:
    template(tmp_path, "hello", "Hello {{ who }}\n", "\nDear {{ who }}\n\n", "<p>{{ who }}: {{ subject }}</p>\n\n")
    found = templates(tmp_path).render("hello", ["en"], {"who": "A & B"})
    assert (found.subject, found.text, found.html) == (
        "Hello A & B",
        "Dear A & B\n",
        "<p>A &amp; B: Hello A &amp; B</p>\n",
    )


def test_html_is_optional(tmp_path: Path) -> None:
    template(tmp_path, "hello", "Hello", "Text")
    assert templates(tmp_path).render("hello", [], {}).html is None


def test_only_html_is_escaped_in_translated_blocks_too(tmp_path: Path) -> None:
    block = "{% trans name=who %}Hello {{ name }}{% endtrans %}"
    template(tmp_path, "hello", block, block, block)
    words = catalogue(tmp_path / "words", "de", entries({"Hello %(name)s": "Hallo %(name)s"}))
    found = templates(tmp_path, words).render("hello", ["de"], {"who": "<Ada>"})
    assert (found.subject, found.text, found.html) == ("Hallo <Ada>", "Hallo <Ada>\n", "Hallo &lt;Ada&gt;\n")


def test_a_translation_never_formats_what_a_variable_holds(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{% trans %}100%: {{ who }}{% endtrans %}", "x")
    found = templates(tmp_path).render("hello", [], {"who": "%(who)s %s {{ 7 * 7 }}"})
    assert found.subject == "100%: %(who)s %s {{ 7 * 7 }}"


def test_all_missing_variables_are_named_before_anything_is_rendered(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ one }}", "{% if two %}{{ three.x }}{% endif %}", "{{ _('hi') }}{{ four|upper }}")
    with pytest.raises(MissingVariables) as missing:
        templates(tmp_path).render("hello", ["pt-BR"], {"two": 2})
    assert missing.value.variables == ("four", "one", "three")
    assert (missing.value.template, missing.value.locale) == ("hello", "pt-BR")
    assert missing.value.field == "data.four, data.one, data.three"
    assert all(name in str(missing.value) for name in ("'hello'", "'pt-BR'", "'one'"))


def test_a_variable_that_is_missing_inside_another_is_named_when_it_is_rendered(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ order.number }}", "x")
    with pytest.raises(MissingVariables) as missing:
        templates(tmp_path).render("hello", ["de"], {"order": {}})
    assert (missing.value.variables, missing.value.template) == (("number",), "hello")


def test_variables_that_a_template_asks_about_are_optional(tmp_path: Path) -> None:
    asked = "{% if a is defined %}{{ a }}{% endif %}{{ b|default('none') }}"
    text = asked + "{% for c in cs %}{{ c }}{{ loop.index }}{% endfor %}"
    template(tmp_path, "hello", "{% set d = 1 %}{{ d }}", text)
    found = templates(tmp_path)
    assert found.needs("hello") == Needs(frozenset({"cs"}), frozenset({"a", "b"}))
    assert found.render("hello", [], {"cs": "xy"}).text == "nonex1y2\n"


def test_variables_of_included_and_extended_files_are_needed_too(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text("{{ site }}{% block body %}{% endblock %}{% include 'foot.html' %}")
    (tmp_path / "foot.html").write_text("{{ foot }}")
    (tmp_path / "parts.html").write_text("{% macro shout(text) %}{{ text|upper }}{% endmacro %}")
    html = (
        "{% extends 'layout.html' %}{% from 'parts.html' import shout %}{% block body %}{{ shout(word) }}{% endblock %}"
    )
    template(tmp_path, "hello", "Hello", "Text", html)
    found = templates(tmp_path)
    assert found.needs("hello").required == {"site", "foot", "word"}
    assert found.render("hello", [], {"site": "S", "foot": "F", "word": "w"}).html == "SWF\n"


def test_what_rookery_provides_is_never_missing_and_never_overridden(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ person.name }}", "{{ lang }} {{ direction }} {{ subject }}")
    given = {"lang": "xx", "direction": "up", "subject": "S", "person": "P"}
    found = templates(tmp_path).render("hello", ["he"], given, {"name": "Ada"})
    assert (found.subject, found.text) == ("Ada", "en ltr Ada\n")


@pytest.mark.parametrize(
    ("subject", "why"),
    [("", "empty"), ("  \n ", "empty"), ("{{ x }}", "one line"), ("a\nb", "one line"), ("{{ 1/0 }}", "ZeroDivision")],
)
def test_a_subject_that_is_not_one_line_is_an_error(tmp_path: Path, subject: str, why: str) -> None:
    template(tmp_path, "hello", subject, "Text")
    with pytest.raises(TemplateError, match=why) as error:
        templates(tmp_path).render("hello", ["de"], {"x": "a\r\nBcc: eve@example.org"})
    assert (error.value.template, error.value.locale) == ("hello", "en")


@pytest.mark.parametrize("name", ["nothing", "../hello", "half"])
def test_an_unknown_template_is_named(tmp_path: Path, name: str) -> None:
    template(tmp_path / "search", "hello", "Hello", "Text")
    (tmp_path / "search" / "half").mkdir()
    (tmp_path / "search" / "half" / "subject.txt").write_text("Hello")
    with pytest.raises(UnknownTemplate, match=name):
        templates(tmp_path / "search").render(name, [], {})
    assert templates(tmp_path / "search").names() == ("hello",)


@pytest.mark.parametrize("text", ["{% if %}", "{{ unclosed", "{% include 'nowhere.txt' %}"])
def test_a_template_that_cannot_be_parsed_is_named(tmp_path: Path, text: str) -> None:
    template(tmp_path, "hello", "Hello", text)
    with pytest.raises(TemplateError, match="hello"):
        templates(tmp_path).check("hello", [], [])


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{{ x.append(1) }}", "{{ x.__init__.__globals__ }}", "{{ range(10**9) }}"]
)
def test_templates_run_in_a_sandbox(tmp_path: Path, attack: str) -> None:
    template(tmp_path, "hello", "Hello", attack)
    with pytest.raises(EmailError):
        templates(tmp_path).render("hello", [], {"x": []})


def test_the_mail_is_in_the_first_language_of_the_chain_that_says_anything_of_it(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ _('one') }}", "{{ _('two') }} {{ _('three') }} {{ lang }} {{ direction }}")
    words = tmp_path / "words"
    catalogue(words, "ckb", entries({"elsewhere": "x"}))
    catalogue(words, "ar", entries({"one": "واحد", "two": "اثنان"}))
    catalogue(words, "de", entries({"one": "eins", "three": "drei"}))
    found = templates(tmp_path, words).render("hello", ["ckb", "ar-EG", "de"], {})
    assert (found.subject, found.text) == ("واحد", "اثنان drei ar rtl\n")
    assert (found.locale, found.direction, found.chain) == ("ar", "rtl", ("ckb", "ar-EG", "ar", "de", "en"))
    assert (found.fallbacks, found.messages) == (1, 3)


def test_the_source_language_needs_no_catalogue(tmp_path: Path) -> None:
    template(tmp_path, "hello", "{{ _('one') }}", "{{ lang }}")
    words = catalogue(tmp_path / "words", "de", entries({"one": "eins"}))
    found = templates(tmp_path, words).render("hello", ["en-GB", "de"], {})
    assert (found.subject, found.locale) == ("one", "en")


@pytest.mark.parametrize(
    ("tag", "text"), [("en", "1,234,567.5"), ("de", "1.234.567,5"), ("hi", "12,34,567.5"), ("udm", "1,234,567.5")]
)
def test_numbers_are_written_the_way_the_locale_does(tmp_path: Path, tag: str, text: str) -> None:
    template(tmp_path, "hello", "{{ _('x') }}", "{{ n|number }}")
    words = catalogue(tmp_path / "words", tag, entries({"x": "y"}))
    assert templates(tmp_path, words).render("hello", [tag], {"n": 1234567.5}).text == text + "\n"


@pytest.mark.parametrize("value", ["many", None, [], {}])
def test_data_of_the_wrong_kind_is_the_templates_failure(tmp_path: Path, value: Any) -> None:
    template(tmp_path, "hello", "{{ n|number }}", "Text")
    with pytest.raises(TemplateError, match=r"hello.*subject\.txt"):
        templates(tmp_path).render("hello", [], {"n": value})


def test_a_folder_earlier_on_the_path_wins(tmp_path: Path) -> None:
    template(tmp_path / "ours", "hello", "ours", "Text")
    template(tmp_path / "theirs", "hello", "theirs", "Text")
    template(tmp_path / "theirs", "other", "other", "Text")
    found = Templates([tmp_path / "ours", tmp_path / "theirs"], Catalogues([]))
    assert (found.render("hello", [], {}).subject, found.render("other", [], {}).subject) == ("ours", "other")


def test_threads_may_render_the_same_templates(own: Templates) -> None:
    seen: list[set[str]] = []

    def work() -> None:
        found = (
            own.render("password_reset", [tag], {"link": "https://example.org"}) for tag in ("ja", "ar", "pl") * 20
        )
        seen.append({one.subject for one in found})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(seen) == 8 and all(subjects == seen[0] and len(subjects) == 3 for subjects in seen)
