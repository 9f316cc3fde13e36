import pytest

from apps.sms.broadcast.errors import BadTemplate, LacksVariable
from apps.sms.broadcast.wording import Reader, Wording

ADA = Reader("+14155550101", "Ada Lovelace", "London", "GB", "en-GB", {"team": "red", "name": "an answer", "age": 0})


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hi {{ first_name }}!", "Hi Ada!"),
        ("{{ name }} of {{ place }}, {{ country }}, {{ language }}", "Ada Lovelace of London, GB, en"),
        ("{{ team | upper }} {{ age }} {{ leader }}", "RED 0 The Band"),
        ("  <b> & ł \n", "<b> & ł"),
        ("{{ shoe | default('none') }}", "none"),
        ("{% if team == 'red' %}up{% endif %}", "up"),
    ],
)
def test_what_is_said(template: str, said: str) -> None:
    assert Wording(template).fill(ADA.values("The Band")) == said


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("Hi {{ shoe }}", "shoe"),
        ("{% if shoe %}x{% endif %}", "shoe"),
        ("{{ shoe.size }}", "shoe"),
        ("{{ shoe + 1 }}", "shoe"),
        ("{% for one in shoe %}x{% endfor %}", "shoe"),
        ("{{ shoe == 'a' }}", "shoe"),
    ],
)
def test_what_is_not_known_of_the_member_is_named(template: str, name: str) -> None:
    with pytest.raises(LacksVariable) as lacks:
        Wording(template).fill(ADA.values("The Band"))
    assert lacks.value.name == name


def test_what_is_empty_is_not_known() -> None:
    with pytest.raises(LacksVariable, match="first_name"):
        Wording("Hi {{ first_name }}").fill(Reader("+1", " ").values("The Band"))


def test_the_variables_of_a_template() -> None:
    assert Wording("{{ name }} {{ team }}{% set x = 1 %}{{ x }}").variables == ("name", "team")


@pytest.mark.parametrize("template", ["{{ name", "{% if %}", "{{ name | nothing }}", "x" * 6000])
def test_what_is_no_template_is_refused_at_once(template: str) -> None:
    with pytest.raises(BadTemplate) as bad:
        Wording(template)
    assert bad.value.field == "template"


@pytest.mark.parametrize(
    "template",
    ["{{ 1 / 0 }}", "   ", "{{ ''.__class__.__mro__ }}", "{{ name.__init__ }}", "{{ 'x' * 9999 }}", "{{ 'a' + 1 }}"],
)
def test_what_cannot_be_said_is_refused(template: str) -> None:
    with pytest.raises((BadTemplate, LacksVariable)):
        Wording(template).fill(ADA.values("The Band"))
