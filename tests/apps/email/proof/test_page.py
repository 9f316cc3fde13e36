"""What the page of templates shows; the page itself is looked at in tests/browser."""

from pathlib import Path

import pytest

from apps.email import reading
from apps.email.config import Email
from apps.email.proof.page import choice, prove
from tests.apps.email.words import template


def test_the_choice_is_what_is_there(tmp_path: Path) -> None:
    template(tmp_path, "mine", "Hi", "Hello")
    found = choice(Email.model_validate({"templates": [tmp_path]}))
    assert {"mine", "password_reset"} <= set(found.templates)
    assert {"en", "ja", "ar"} <= set(found.locales)


def test_the_sample_first_and_then_what_is_said() -> None:
    config = Email.model_validate({})
    found = prove(config, "password_reset", "de", "", 1.0)
    assert found.eml is not None and found.locale == "de" and "link" in found.data
    other = prove(config, "password_reset", "de", '{"link": "https://other.example/"}', 1.0)
    assert other.eml is not None
    assert "https://other.example/" in (reading.read(other.eml).text or "")


@pytest.mark.parametrize("data", ["{", "[1]", "7", '"x"'])
def test_what_is_no_data_is_said(data: str) -> None:
    found = prove(Email.model_validate({}), "password_reset", "en", data, 1.0)
    assert found.eml is None and found.error


def test_a_template_that_cannot_be_rendered_says_why() -> None:
    found = prove(Email.model_validate({}), "no/such", "en", "", 1.0)
    assert (found.eml, found.findings[0].rule) == (None, "unknown-template")
    assert "no/such" in found.error
