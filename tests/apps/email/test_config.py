from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from apps.email.config import Email
from supervision.validation import faults_of


def faults(section: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as error:
        Email.model_validate(section)
    return faults_of(error.value, Email, "email")


def test_the_defaults_stand_on_their_own() -> None:
    config = Email.model_validate({})
    assert set(config.rules) == {"password_reset", "petition_update"}
    assert config.rules["password_reset"].mail_class == "transactional"
    assert config.message_id_domain == "example.org"
    assert config.mta.url.get_secret_value() == "embedded:"


RULE = {"template": "password_reset", "class": "bulk"}


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ({"senders": 0}, "email.senders: must be >= 1"),
        ({"window": 101}, "email.window: must be <= 100"),
        ({"from": "nobody"}, "email.from: from: not a mail address"),
        ({"from": "A <a@example.org>\r\nBcc: b@example.org"}, "email.from: from: U+000D"),
        ({"default_locale": "xx"}, "email.default_locale: 'xx'"),
        ({"rules": {"a": {"template": "password_reset"}}}, "email.rules.a.class: is required"),
        ({"rules": {"a": {"template": "no_such", "class": "bulk"}}}, "email.rules: a.template: no folder 'no_such'"),
        ({"rules": {"a": {"template": "../x", "class": "bulk"}}}, "email.rules.a.template: must match"),
        ({"rules": {"a": {"template": "password_reset", "class": "urgent"}}}, "email.rules.a.class: must be"),
        ({"rules": {"a": {**RULE, "when": "data.x >"}}}, "email.rules.a.when: 'data.x >': unexpected 'end"),
        ({"rules": {"a": {**RULE, "when": "data.get(1)"}}}, "email.rules.a.when: 'data.get(1)': call is not allowed"),
        ({"sender": 1, "colour": "red"}, "email.colour: unknown key"),
    ],
)
def test_a_fault_is_one_line_with_its_path(section: dict[str, Any], fault: str) -> None:
    assert any(line.startswith(fault) and "\n" not in line for line in faults(section)), faults(section)


def test_own_folders_come_before_rookerys(tmp_path: Path) -> None:
    (tmp_path / "receipt").mkdir()
    config = Email.model_validate(
        {
            "templates": [str(tmp_path)],
            "catalogues": [str(tmp_path)],
            "catalogue_domain": "django",
            "rules": {"paid": {"template": "receipt", "class": "transactional"}},
        }
    )
    assert config.template_path[0] == tmp_path and len(config.template_path) == 2
    assert config.catalogue_path[0] == (tmp_path, "django") and config.catalogue_path[1][1] == "rookery"


def test_the_message_id_domain_may_be_said(tmp_path: Path) -> None:
    assert Email.model_validate({"domain": "mail.example.org"}).message_id_domain == "mail.example.org"
    assert Email.model_validate({"from": "Ü <a@münchen.de>"}).message_id_domain == "xn--mnchen-3ya.de"


def test_several_servers_have_names_and_shares() -> None:
    servers = [{"name": "a", "url": "smtp://a.example"}, {"name": "b", "url": "smtp://b.example", "senders": 5}]
    config = Email.model_validate({"mta": {"servers": servers}, "senders": 3})
    assert [(one.name, one.weight) for one in config.mta.all_servers] == [("a", 1.0), ("b", 1.0)]
    assert config.all_senders == 8
    assert [one.name for one in Email.model_validate({}).mta.all_servers] == ["sender"]
    with pytest.raises(ValidationError, match="the same name"):
        Email.model_validate({"mta": {"servers": [servers[0], servers[0]]}})


def test_the_password_of_a_server_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        Email.model_validate({"mta": {"servers": [{"name": "a", "url": "smtp://ada:hunter2/x@a.example"}]}})
    assert "hunter2" not in str(caught.value)
