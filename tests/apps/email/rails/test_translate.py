"""`t()` and `l()` in templates, and that a filled template says what a rendered one does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from apps.email.errors import EmailError, TemplateError
from apps.email.jinja import environment
from apps.email.prepare import Prepared, tracing
from apps.email.rails.keys import CONTEXT
from apps.email.rails.phrases import Phrase, Phrases
from apps.email.rails.traced import traced
from apps.email.templates import Templates
from apps.email.translations import Catalogues, Translations
from tests.apps.email.words import template

YAML = """
ru:
  mailer:
    welcome:
      subject: "Привет, %{name}"
      days: {one: "%{count} день", few: "%{count} дня", many: "%{count} дней", other: "%{count} дня"}
      link_html: "<b>%{name}</b>"
      odd: "%{nobody} %{name}"
  date:
    formats: {long: "%-d %B %Y"}
    month_names: [~, января, февраля, марта, апреля, мая, июня, июля, августа, сентября, октября, ноября, декабря]
en:
  mailer:
    welcome:
      subject: "Hello, %{name} & all"
      odd: "Dear %{name}"
      only: "English"
      list: [a, b]
      money: "%<sum>.2f"
"""


@pytest.fixture
def rails(tmp_path: Path) -> Path:
    folder = tmp_path / "locales"
    folder.mkdir()
    (folder / "all.yml").write_text(YAML, encoding="utf-8")
    return folder


def says(folder: Path, rails: Path, locale: str, body: str, data: Mapping[str, Any], html: bool = False) -> str:
    template(folder, "mailer/welcome", "{{ t('.subject', name=name) }}", "x" if html else body, body if html else None)
    found = Templates([folder], Catalogues([], [rails])).render("mailer/welcome", [locale], data)
    return (found.html or "").strip() if html else found.text.strip()


def test_lazy_keys_are_relative_to_the_template_and_the_language_is_the_phrases(tmp_path: Path, rails: Path) -> None:
    template(tmp_path, "mailer/welcome", "{{ t('.subject', name=name) }}", "{{ t('mailer.welcome.only') }}")
    found = Templates([tmp_path], Catalogues([], [rails])).render("mailer/welcome", ["ru"], {"name": "Ада"})
    assert (found.subject, found.text) == ("Привет, Ада", "English\n")
    assert (found.locale, found.messages, found.fallbacks) == ("ru", 2, 1)


@pytest.mark.parametrize(("count", "said"), [(1, "1 день"), (2, "2 дня"), (5, "5 дней")])
def test_plurals(tmp_path: Path, rails: Path, count: int, said: str) -> None:
    assert says(tmp_path, rails, "ru", "{{ t('.days', count=n) }}", {"name": "x", "n": count}) == said


def test_html_is_escaped_but_for_keys_that_say_html(tmp_path: Path, rails: Path) -> None:
    body = "{{ t('.link_html', name=name) }} {{ t('.only') }} {{ t('.subject', name=name) }}"
    assert says(tmp_path, rails, "ru", body, {"name": "<A>"}, html=True) == "<b>&lt;A&gt;</b> English Привет, &lt;A&gt;"
    assert (
        says(tmp_path, rails, "en", "{{ t('.subject', name=name) }}", {"name": "A"}, html=True) == "Hello, A &amp; all"
    )


def test_a_phrase_with_placeholders_that_are_not_given_is_passed_over(tmp_path: Path, rails: Path) -> None:
    assert says(tmp_path, rails, "ru", "{{ t('.odd', name=name) }}", {"name": "A"}) == "Dear A"


def test_scopes_defaults_lists_and_shapes(tmp_path: Path, rails: Path) -> None:
    body = (
        "{{ t('only', scope='mailer.welcome') }} {{ t('only', scope=['mailer', 'welcome']) }}"
        " {{ t('.no', default='D') }}"
        " {% for one in t('.list') %}{{ one }}{% endfor %} {{ t('.money', sum=sum) }}"
    )
    assert says(tmp_path, rails, "en", body, {"name": "x", "sum": 1.5}) == "English English D ab 1.50"


def test_a_key_that_nobody_has_fails_the_mail_and_is_named(tmp_path: Path, rails: Path) -> None:
    with pytest.raises(TemplateError, match=r"mailer\.welcome\.nothing"):
        says(tmp_path, rails, "ru", "{{ t('.nothing') }}", {"name": "x"})


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("l('2026-11-02', format='long')", "2 ноября 2026"),
        ("l('2026-11-02T09:05:00', format='%H:%M %^b')", "09:05 НОЯБ."),
        ("'2026-11-02'|l('short')", "02.11.2026"),
        ("l('2026-11-02', format='%d %% %e')", "02 %  2"),
    ],
)
def test_dates(tmp_path: Path, rails: Path, expression: str, said: str) -> None:
    assert says(tmp_path, rails, "ru", f"{{{{ {expression} }}}}", {"name": "x"}) == said


@pytest.mark.parametrize("value", ["yesterday", 7, None])
def test_what_is_no_date_fails_the_mail(tmp_path: Path, rails: Path, value: object) -> None:
    with pytest.raises(EmailError):
        says(tmp_path, rails, "ru", "{{ l(day) }}", {"name": "x", "day": value})


FORMS = {"one": "%{count} one %{v}", "few": "%{count} few", "many": "<%{count}>", "other": "&%{count} %%{v}"}
PHRASES: dict[str, Phrase] = {
    "plain": "a %{v} <b>",
    "it_html": "<b>%{v}</b>%{w}",
    "forms": FORMS,
    "list": ("x", "y"),
    "shape": "%<v>s|%{w}",
}
KNOWN = Phrases("ru", {(CONTEXT, f"it.{key}"): phrase for key, phrase in PHRASES.items()})
USES = (
    "{{ t('.plain', v=v) }}",
    "{{ t('.it_html', v=v, w=w|upper) }}",
    "{{ t('it.it_html', v=t('.plain', v=w), w=v|escape) }}",
    "{{ t('.forms', count=n, v=v) }}",
    "{{ t('.forms', count=v, v=w) }}",
    "{{ t('.shape', v=v, w=w) }}",
    "{{ t('.list', v=v)|join(w) }}",
    "{{ t('.no', default='d %{v}', v=v) }}",
    "{{ t('.no', default=v) }}",
    "{{ t(v) }}",
    "{{ t('.plain', v=v)|upper }}",
    "{% if t('.plain', v=v) %}yes{% endif %}",
    "{{ l('2026-11-22', format='long') }}",
    "{{ l(day) }}{{ day|l(format='%B') }}",
    "{% if v %}{{ t('.plain', v=n) }}{% else %}{{ t('.forms', count=3, v=v) }}{% endif %}",
)
mails = st.fixed_dictionaries(
    {
        "v": st.text(max_size=8) | st.integers(-3, 30) | st.none() | st.floats(0, 9),
        "w": st.text(max_size=8),
        "n": st.integers(-3, 30) | st.booleans() | st.floats(0, 9),
        "day": st.dates().map(str) | st.datetimes().map(lambda moment: moment.isoformat()) | st.just("never"),
    }
)


def rendered(found: Any, variables: Mapping[str, Any]) -> str | None:
    try:
        return str(found.render(variables))
    except Exception:
        return None


@given(
    st.lists(st.sampled_from(USES), min_size=1, max_size=3).map("".join),
    st.sampled_from(["it/body.html", "it/body.txt"]),
    st.lists(mails, min_size=1, max_size=4),
)
def test_filled_and_rendered_are_the_same_text(source: str, name: str, people: list[dict[str, Any]]) -> None:
    known = Translations((KNOWN,))
    plain = environment(DictLoader({name: source}), known, "ru")
    prepared = Prepared(traced(tracing(plain, known)), name)
    for variables in (*people, *people):
        filled = prepared.fill(variables)
        if filled is not None:
            assert filled == rendered(plain.get_template(name), variables)


def test_what_templates_usually_do_with_phrases_is_never_rendered_in_full() -> None:
    source = "{{ t('.plain', v=v) }}{{ t('.it_html', v=v, w=w) }}{{ t('.forms', count=n, v=v) }}{{ l(day) }}"
    known = Translations((KNOWN,))
    plain = environment(DictLoader({"it/body.html": source}), known, "ru")
    prepared = Prepared(traced(tracing(plain, known)), "it/body.html")
    for n in (1, 2, 5, 22):
        variables = {"v": "<Ada>", "w": "W", "n": n, "day": "2026-11-22"}
        assert prepared.fill(variables) == plain.get_template("it/body.html").render(variables)
