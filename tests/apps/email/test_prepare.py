"""A filled template and a rendered one are the same text, whatever the template does and whoever the mail is for."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader

from apps.email.config import OWN_CATALOGUES, OWN_DOMAIN, OWN_TEMPLATES
from apps.email.errors import EmailError
from apps.email.fill import Skeleton
from apps.email.jinja import environment
from apps.email.prepare import MAX_VARIANTS, Prepared, tracing
from apps.email.rails.traced import traced
from apps.email.templates import Templates
from apps.email.translations import Catalogues, Translations
from tests.apps.email.generated import PARTS, fragments, people, words


def both(source: str, name: str) -> tuple[Any, Prepared]:
    loader = DictLoader({name: '{% from "parts.html" import button %}' + source, "parts.html": PARTS})
    plain = environment(loader, Translations(()), "en")
    return plain.get_template(name), Prepared(traced(tracing(plain, Translations(()))), name)


def rendered(template: Any, variables: Mapping[str, Any]) -> str | None:
    try:
        return str(template.render(variables))
    except Exception:
        return None


@settings(max_examples=150, deadline=None)
@given(fragments(), st.sampled_from(["it.html", "it.txt"]), st.lists(people, min_size=1, max_size=5))
def test_filled_and_rendered_are_the_same_text(source: str, name: str, mails: list[dict[str, Any]]) -> None:
    template, prepared = both(source, name)
    for variables in (*mails, *mails):
        filled = prepared.fill(variables)
        if filled is not None:
            assert filled == rendered(template, variables)


@given(st.lists(people, min_size=2, max_size=6))
def test_what_templates_usually_do_is_never_rendered_in_full(mails: list[dict[str, Any]]) -> None:
    usual = (
        "{% if person.name %}{% trans name=person.name %}Hello {{ name }},{% endtrans %}{% else %}{{ _('Hello,') }}"
        "{% endif %}{{ button(word, _('Sign')) }}{{ number|string|upper }}{{ person.attributes.city|default('-') }}"
        "{% trans n=number %}one{% pluralize %}{{ n }} of them{% endtrans %}{% if maybe == 'yes' %}yes{% endif %}"
    )
    template, prepared = both(usual, "it.html")
    for variables in mails:
        assert prepared.fill(variables) == template.render(variables)


def test_a_skeleton_is_made_once_for_all_who_answer_alike() -> None:
    _, prepared = both("{% if word %}Dear {{ word }}{% endif %}", "it.txt")
    assert prepared.fill({"word": "Ada"}) == "Dear Ada"
    (question,) = prepared._variants._root.answers.values()
    assert {type(end) for end in question.answers.values()} == {Skeleton}
    assert prepared.fill({"word": "Bob"}) == "Dear Bob"
    assert prepared.fill({"word": ""}) == ""
    assert len(question.answers) == 2


def test_a_template_with_endless_variants_is_rendered_in_full_beyond_a_number_of_them() -> None:
    source = "".join(f"{{% if word == '{number}' %}}{number}{{% endif %}}" for number in range(MAX_VARIANTS + 20))
    _, prepared = both(source, "it.txt")
    filled = [prepared.fill({"word": str(number)}) for number in range(MAX_VARIANTS + 20)]
    assert filled[:MAX_VARIANTS] == [str(number) for number in range(MAX_VARIANTS)]
    assert filled[-1] is None
    assert prepared.fill({"word": "3"}) == "3"


@pytest.mark.parametrize("value", ["\ue000r0\ue001", "\ue000", "\ue001"])
def test_the_characters_of_the_marks_in_a_value_are_nothing_special(value: str) -> None:
    _, prepared = both("a{{ word }}b", "it.html")
    assert prepared.fill({"word": "x"}) == "axb"
    assert prepared.fill({"word": value}) == f"a{value}b"


def test_a_template_that_holds_the_characters_of_the_marks_is_rendered_in_full() -> None:
    template, prepared = both("\ue000r0\ue001{{ word }}\ue000", "it.html")
    assert prepared.fill({"word": "x"}) is None
    assert template.render(word="x") == "\ue000r0\ue001x\ue000"


LANGUAGES = sorted(folder.name for folder in OWN_CATALOGUES.iterdir())
own = Templates([OWN_TEMPLATES], Catalogues([(OWN_CATALOGUES, OWN_DOMAIN)]))
data = st.fixed_dictionaries({}, optional={"hours": st.integers(0, 200), "note": words})


@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("template", own.names())
@given(language=st.sampled_from(LANGUAGES), name=words, given=data, link=words)
def test_every_shipped_template_in_every_language(
    template: str, language: str, name: str, given: dict[str, Any], link: str
) -> None:
    variables = {**dict.fromkeys(own.needs(template).required, link), **given}
    person = {"name": name, "address": "ada@example.org"}
    full = Templates([OWN_TEMPLATES], Catalogues([(OWN_CATALOGUES, OWN_DOMAIN)]))
    full._tracing_of = lambda *_: None  # type: ignore[assignment]  # nothing is ever prepared
    assert outcome(own, template, language, variables, person) == outcome(full, template, language, variables, person)


def outcome(templates: Templates, *args: Any) -> Any:
    template, language, variables, person = args
    try:
        return templates.render(template, [language], variables, person)
    except EmailError as error:
        return str(error)
