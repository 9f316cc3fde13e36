import pytest
from jinja2 import DictLoader, UndefinedError
from jinja2.exceptions import SecurityError

from apps.email.jinja import VariableUndefined, environment
from apps.email.translations import Translations


def render(source: str, name: str = "x.txt", tag: str = "en", **variables: object) -> str:
    return environment(DictLoader({name: source}), Translations(()), tag).get_template(name).render(variables)


@pytest.mark.parametrize(
    ("source", "name"), [("{{ a }}", "a"), ("{{ b.c }}", "c"), ("{{ b['c'] }}", "c"), ("{{ a == 1 }}", "a")]
)
def test_an_undefined_variable_keeps_its_name(source: str, name: str) -> None:
    with pytest.raises(VariableUndefined) as undefined:
        render(source, b={})
    assert undefined.value.name == name
    assert isinstance(undefined.value, UndefinedError) and name in str(undefined.value)


@pytest.mark.parametrize(("name", "shown"), [("x.txt", "<b>"), ("x.html", "&lt;b&gt;")])
def test_only_html_is_escaped(name: str, shown: str) -> None:
    assert render("{{ a }}", name, a="<b>") == shown


def test_data_cannot_be_changed_and_insides_not_reached() -> None:
    with pytest.raises(SecurityError):
        render("{{ a.append(1) }}", a=[])
    with pytest.raises(SecurityError):
        render("{{ a.format.__globals__ }}", a="")


def test_numbers_follow_the_locale() -> None:
    assert render("{{ a|number }}", tag="de", a=1234.5) == "1.234,5"
