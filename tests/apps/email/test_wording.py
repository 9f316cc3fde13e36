"""Made for many people or for one: a mail is the same octets."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.email.config import OWN_CATALOGUES, OWN_DOMAIN, OWN_TEMPLATES
from apps.email.errors import EmailError, MissingVariables
from apps.email.parts import part
from apps.email.templates import Templates
from apps.email.translations import Catalogues
from apps.email.wording import Words
from tests.apps.email.generated import PARTS, fragments, people, words
from tests.apps.email.words import template

catalogues = Catalogues([(OWN_CATALOGUES, OWN_DOMAIN)])
own = Templates([OWN_TEMPLATES], catalogues)
IMPORT = '{% from "parts.html" import button %}'


def rendered(templates: Templates, name: str, tag: str, data: dict[str, Any], person: dict[str, Any]) -> Any:
    try:
        mail = templates.render(name, [tag], data, person)
    except EmailError as error:
        return str(error)
    html = None if mail.html is None else part("html", mail.html)
    return Words(mail.subject, part("plain", mail.text), html, mail.enclosures)


def worded(templates: Templates, name: str, tag: str, data: dict[str, Any], people: list[dict[str, Any]]) -> Any:
    try:
        wording = templates.wording(name, [tag], data)
    except EmailError as error:
        return [str(error)] * len(people)
    return [filled(wording, person) for person in people]


def written(templates: Templates, name: str, tag: str, data: dict[str, Any], person: dict[str, Any]) -> Any:
    try:
        return templates.words(name, [tag], data, person)
    except EmailError as error:
        return str(error)


def filled(wording: Any, person: dict[str, Any]) -> Any:
    try:
        return wording.fill(person)
    except EmailError as error:
        return str(error)


@settings(max_examples=120)
@given(fragments(), fragments(), fragments(), people, st.lists(people, min_size=1, max_size=4))
def test_generated_templates(
    subject: str, text: str, html: str, event: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    with TemporaryDirectory() as folder:
        files = {"t/subject.txt": subject, "t/body.txt": text, "t/body.html": html}
        for enclosed in ("t/attachments/a.pdf", "t/attachments/de/a.pdf", "t/inline/logo.png"):
            Path(folder, enclosed).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, enclosed).write_bytes(enclosed.encode())
        Path(folder, "parts.html").write_text(PARTS, encoding="utf-8")
        for name, source in files.items():
            Path(folder, name).write_bytes((IMPORT + source).encode())
        templates = Templates([Path(folder)], catalogues)
        data = {name: value for name, value in event.items() if name not in ("person", "subject")}
        persons = [{**other["person"], "address": "ada@example.org"} for other in others]
        expected = [rendered(templates, "t", "de", data, person) for person in persons]
        assert worded(templates, "t", "de", data, persons) == expected
        assert [written(templates, "t", "de", data, person) for person in persons] == expected


@settings(max_examples=25)
@pytest.mark.parametrize("name", own.names())
@given(
    tag=st.sampled_from(sorted(folder.name for folder in OWN_CATALOGUES.iterdir())),
    names=st.lists(words, min_size=1, max_size=3),
    link=words,
    more=st.fixed_dictionaries({}, optional={"hours": st.integers(0, 200), "note": words}),
)
def test_every_shipped_template_in_every_language(
    name: str, tag: str, names: list[str], link: str, more: dict[str, Any]
) -> None:
    data = {**dict.fromkeys(own.needs(name).required, link), **more}
    persons = [{"name": one, "address": "ada@example.org"} for one in names]
    expected = [rendered(own, name, tag, data, one) for one in persons]
    assert worded(own, name, tag, data, persons) == expected
    assert [written(own, name, tag, data, one) for one in persons] == expected


def test_a_loop_over_the_events_data_is_no_obstacle(tmp_path: Path) -> None:
    text = "Dear {{ person.name }},\n{% for one in names %}{{ one }}\n{% endfor %}Bye\n"
    template(tmp_path, "t", "{{ names|join(', ') }}", text)
    wording = Templates([tmp_path], catalogues).wording("t", ["en"], {"names": ["Ada", "Bob"]})
    wording._render = None  # type: ignore[assignment]  # nothing may need it
    words = wording.fill({"name": "Eve"})
    assert words.subject == "Ada, Bob" and words.text.endswith(b"\r\n\r\nDear Eve,\r\nAda\r\nBob\r\nBye\r\n")


def test_what_the_data_lack_is_said_before_anybodys_mail_is_made() -> None:
    with pytest.raises(MissingVariables, match="needs 'link'"):
        own.wording("password_reset", ["en"], {})
