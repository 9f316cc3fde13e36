from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.email.cloudevents import Event
from apps.email.config import Email
from apps.email.errors import EmailError, InvalidEvent, MissingVariables, UnknownEventType, UnknownLocale
from apps.email.jobs import Job
from apps.email.rules import Decided, Refused, decide
from apps.email.templates import Templates

LINK = {"link": "https://example.org/r/1"}


def event(data: dict[str, Any], type: str = "password_reset", id: str = "e1") -> Event:
    return Event(id, "/shop", type, data)


def jobs(config: Email, own: Templates, data: dict[str, Any], **more: str) -> tuple[Job, ...]:
    decision = decide(event(LINK | data, **more), config, own)
    assert isinstance(decision, Decided)
    return decision.jobs


def refused(config: Email, own: Templates, of: Event) -> EmailError:
    decision = decide(of, config, own)
    assert isinstance(decision, Refused)
    assert str(decision.error) in decision.reason
    return decision.error


def test_one_address_is_one_job(config: Email, own: Templates) -> None:
    (job,) = jobs(config, own, {"to": "Ada@Example.ORG", "locale": "zh_TW", "name": "Ada"})
    assert (job.person, job.address, job.name, job.locale) == (
        "Ada@example.org",
        "Ada@example.org",
        "Ada",
        "zh-Hant-TW",
    )
    assert (job.template, job.mail_class, job.event_type) == ("password_reset", "transactional", "password_reset")
    assert job.data == {**LINK, "locale": "zh_TW", "name": "Ada"}
    assert job.trace.steps[0]["step"] == "rule"


def test_a_template_never_sees_who_else_gets_the_mail(config: Email, own: Templates) -> None:
    found = jobs(config, own, {"to": ["ada@example.org", "bob@example.org"]})
    assert all("to" not in job.data for job in found)


def test_people_may_be_named_in_every_way_at_once(config: Email, own: Templates) -> None:
    people = ["ada@example.org", {"address": "bob@example.org", "name": "Bob", "locale": "de", "id": "p2"}]
    ada, bob = jobs(config, own, {"to": people, "locale": "ja", "name": "friend"})
    assert (ada.person, ada.name, ada.locale) == ("ada@example.org", "friend", "ja")
    assert (bob.person, bob.name, bob.locale) == ("p2", "Bob", "de")


def test_a_person_named_twice_gets_one_mail(config: Email, own: Templates) -> None:
    found = jobs(config, own, {"to": ["ada@example.org", "bob@example.org", "ada@EXAMPLE.org"]})
    assert [job.person for job in found] == ["ada@example.org", "bob@example.org"]


@given(st.permutations(["a@example.org", "b@example.org", "c@example.org"]))
def test_keys_depend_on_the_person_and_not_on_the_order(config: Email, own: Templates, people: list[str]) -> None:
    keys = {job.person: job.key for job in jobs(config, own, {"to": people})}
    assert keys == {job.person: job.key for job in jobs(config, own, {"to": sorted(people)})}
    assert len(set(keys.values())) == 3


def test_the_same_event_gives_the_same_keys_and_another_event_others(config: Email, own: Templates) -> None:
    (one,) = jobs(config, own, {"to": "ada@example.org"})
    (same,) = jobs(config, own, {"to": "ada@example.org", "locale": "fr"})
    (other,) = jobs(config, own, {"to": "ada@example.org"}, id="e2")
    assert one.key == same.key != other.key


def test_an_unknown_type_says_which_types_there_are(config: Email, own: Templates) -> None:
    error = refused(config, own, event({}, type="pasword_reset"))
    assert isinstance(error, UnknownEventType)
    assert error.field == "type" and 400 <= error.status < 500
    assert "password_reset" in str(error)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "data.to"),
        ({"to": None}, "data.to"),
        ({"to": []}, "data.to"),
        ({"to": 3}, "data.to"),
        ({"to": {}}, "data.to"),
        ({"to": {"address": 3}}, "data.to"),
        ({"to": "nobody"}, "data.to"),
        ({"to": "ada@example.org\r\nBcc: eve@example.org"}, "data.to"),
        ({"to": ["ada@example.org", "x"]}, "data.to[1]"),
        ({"to": [{"address": "ada@example.org", "name": 3}]}, "data.to[0].name"),
        ({"to": "ada@example.org", "name": "Ada\r\nBcc: eve@example.org"}, "data.name"),
        ({"to": {"address": "ada@example.org", "name": "Ada\n"}, "name": "friend"}, "data.to.name"),
        ({"to": "ada@example.org", "name": 3}, "data.name"),
        ({"to": {"address": "ada@example.org", "id": 3}}, "data.to.id"),
        ({"to": {"address": "ada@example.org", "id": "p\0"}}, "data.to.id"),
        ({"to": "ada@example.org", "locale": 3}, "data.locale"),
        ({"to": [f"p{number}@example.org" for number in range(1001)]}, "data.to"),
    ],
)
def test_people_that_cannot_be_written_to_are_refused(
    config: Email, own: Templates, data: dict[str, Any], field: str
) -> None:
    error = refused(config, own, event(LINK | data))
    assert isinstance(error, InvalidEvent)
    assert error.field == field and 400 <= error.status < 500


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"to": "ada@example.org", "locale": "xx"}, "data.locale"),
        ({"to": "ada@example.org", "locale": "en\r\nX: y"}, "data.locale"),
        ({"to": {"address": "ada@example.org", "locale": "klingon"}}, "data.to.locale"),
        ({"to": [{"address": "ada@example.org", "locale": "klingon"}]}, "data.to[0].locale"),
    ],
)
def test_an_unknown_locale_is_refused(config: Email, own: Templates, data: dict[str, Any], field: str) -> None:
    error = refused(config, own, event(LINK | data))
    assert isinstance(error, UnknownLocale)
    assert error.field == field and 400 <= error.status < 500


def test_a_missing_variable_is_refused_with_template_locale_and_name(config: Email, own: Templates) -> None:
    error = refused(config, own, event({"to": "ada@example.org", "locale": "ja"}))
    assert isinstance(error, MissingVariables)
    assert (error.template, error.locale, error.variables) == ("password_reset", "ja", ("link",))
    assert error.field == "data.link" and 400 <= error.status < 500


def test_a_rule_says_which_field_names_the_people(own: Templates) -> None:
    rule = {"template": "password_reset", "class": "bulk", "recipients": "signer", "locale": "pt_BR", "topic": "news"}
    config = Email.model_validate({"rules": {"petition.signed": rule}})
    (job,) = jobs(config, own, {"signer": "ada@example.org"}, type="petition.signed")
    assert (job.mail_class, job.rule_locale, job.topic, job.locale) == ("bulk", "pt-BR", "news", None)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
)


@given(json_values)
def test_no_data_does_anything_but_be_decided_or_refused(config: Email, own: Templates, to: Any) -> None:
    decision = decide(event(LINK | {"to": to}), config, own)
    assert isinstance(decision, Decided) or decision.error.field
