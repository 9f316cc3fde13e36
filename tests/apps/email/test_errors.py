from collections.abc import Iterator

import pytest

from apps.email import errors
from apps.email.errors import EmailError, HeaderRefused, MissingVariables, TemplateError, UnknownTemplate


def kinds(root: type[EmailError]) -> Iterator[type[EmailError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


@pytest.mark.parametrize("kind", list(kinds(EmailError)), ids=lambda kind: kind.__name__)
def test_each_error_is_the_senders_and_says_so_in_its_own_words(kind: type[EmailError]) -> None:
    assert 400 <= kind.status < 500
    assert kind.exit_code not in (0, 1)
    assert kind.__doc__ and kind.title


def test_template_errors_name_template_and_locale() -> None:
    for error in (TemplateError("t", "ja", "x"), UnknownTemplate("t", "ja", "x"), MissingVariables("t", "ja", ["v"])):
        assert "'t'" in str(error) and "'ja'" in str(error)
        assert (error.template, error.locale) == ("t", "ja")


def test_a_missing_variable_is_a_field_of_the_data() -> None:
    error = MissingVariables("t", "ja", ["a", "b"])
    assert (error.field, error.variables) == ("data.a, data.b", ("a", "b"))


def test_a_refused_header_is_the_field() -> None:
    assert (HeaderRefused("Subject", "x").field, HeaderRefused("Subject", "x").header) == ("Subject", "Subject")
    assert errors.__doc__
