from collections.abc import Mapping

import pytest
from jinja2 import DictLoader, Environment, TemplateNotFound, TemplateSyntaxError

from apps.email.jinja import environment as of_language
from apps.email.syntax import PROVIDED, Needs, messages_of, needs_of, trees
from apps.email.translations import Translations


def environment(files: Mapping[str, str]) -> Environment:
    return of_language(DictLoader(files), Translations(()), "en")


def needs(source: str, **others: str) -> Needs:
    return needs_of(trees(environment({"main": source, **others}), ["main"]))


@pytest.mark.parametrize(
    ("source", "required", "optional"),
    [
        ("{{ a }}", "a", ""),
        ("{{ a.b['c'] }}", "a", ""),
        ("{% if a %}{{ b }}{% endif %}", "a b", ""),
        ("{% if a is defined %}{{ a }}{% endif %}", "", "a"),
        ("{% if a is undefined %}none{% endif %}", "", "a"),
        ("{{ a|default(b) }}", "b", "a"),
        ("{{ a.b|default(1) }}", "a", ""),
        ("{% for a in b %}{{ a }}{% endfor %}", "b", ""),
        ("{% set a = b %}{{ a }}", "b", ""),
        ("{% trans n=a %}{{ n }}{{ b }}{% endtrans %}", "a b", ""),
        ("{{ _('x') }}{{ ngettext('a', 'b', n) }}", "n", ""),
        ("{{ person.name }}{{ lang }}{{ direction }}{{ subject }}", "", ""),
        ("{% macro m(a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "b", ""),
    ],
)
def test_what_a_template_needs(source: str, required: str, optional: str) -> None:
    assert needs(source) == Needs(frozenset(required.split()), frozenset(optional.split()))


def test_what_is_provided_is_never_needed() -> None:
    assert needs("".join(f"{{{{ {name} }}}}" for name in PROVIDED)) == Needs(frozenset(), frozenset())


def test_files_that_refer_to_each_other_are_read_once() -> None:
    files = {"a": "{% include 'b' %}{{ x }}", "b": "{% import 'a' as a %}{{ y }}"}
    assert needs("{% include 'a' %}", **files) == Needs(frozenset("xy"), frozenset())


def test_a_file_that_is_missing_or_broken_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        needs("{% include 'nowhere' %}")
    with pytest.raises(TemplateSyntaxError):
        needs("{% if %}")


def test_messages_are_found_with_their_context_each_once() -> None:
    source = (
        "{{ _('one') }}{{ gettext('one') }}{% trans %}two{% endtrans %}{{ pgettext('menu', 'Open') }}"
        "{% trans count=n %}a day{% pluralize %}{{ count }} days{% endtrans %}{{ _(variable) }}"
    )
    found = messages_of(trees(environment({"main": source}), ["main"]))
    assert set(found) == {(None, "one"), (None, "two"), ("menu", "Open"), (None, "a day")}
    assert len(found) == 4
