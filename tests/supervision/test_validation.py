from enum import Enum
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from supervision.validation import faults_of, render_path


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    template: str = Field(min_length=1)
    audience: Literal["person", "followers"] = "person"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid")

    senders: int = Field(4, ge=1, le=64)
    ratio: float = Field(0.5, gt=0, lt=1)
    loud: bool = False
    colour: Colour = Colour.RED
    names: list[str] = Field(["a"], min_length=1)
    code: str = Field("abc", min_length=3, max_length=5, pattern="^[a-z]+$")
    rules: dict[str, Rule] = {}
    nested: Rule | None = None
    domain: str = "example.org"
    sender: str = Field("", alias="from")

    @field_validator("domain")
    @classmethod
    def no_spaces(cls, value: str) -> str:
        if " " in value:
            raise ValueError("must not hold spaces")
        return value


def faults(values: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Section.model_validate(values)
    return faults_of(caught.value, Section, "email")


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"senders": 0}, "email.senders: must be >= 1"),
        ({"senders": 65}, "email.senders: must be <= 64"),
        ({"senders": "many"}, "email.senders: must be a whole number"),
        ({"senders": 1.5}, "email.senders: must be a whole number"),
        ({"ratio": 0}, "email.ratio: must be > 0"),
        ({"ratio": 1}, "email.ratio: must be < 1"),
        ({"ratio": "x"}, "email.ratio: must be a number"),
        ({"loud": "perhaps"}, "email.loud: must be true or false"),
        ({"colour": "green"}, 'email.colour: must be "red" or "blue"'),
        ({"names": []}, "email.names: must not be empty"),
        ({"names": "a"}, "email.names: must be a list"),
        ({"names": [1]}, "email.names[0]: must be text"),
        ({"code": "ab"}, "email.code: must have at least 3 characters"),
        ({"code": "abcdef"}, "email.code: must have at most 5 characters"),
        ({"code": "ABC"}, "email.code: must match ^[a-z]+$"),
        ({"domain": "a b"}, "email.domain: must not hold spaces"),
        ({"rules": []}, "email.rules: must be a mapping"),
        ({"rules": {"reset": {}}}, "email.rules.reset.template: is required"),
        ({"rules": {"reset": {"template": ""}}}, "email.rules.reset.template: must not be empty"),
        ({"rules": {"reset": None}}, "email.rules.reset: must be a mapping"),
        (
            {"rules": {"reset": {"template": "t", "audience": "all"}}},
            'email.rules.reset.audience: must be "person" or "followers"',
        ),
        ({"sender": 3}, 'email.sender: unknown key; did you mean "senders"?'),
        ({"sender": "x", "from": "y"}, 'email.sender: unknown key; did you mean "senders"?'),
        ({"form": 3}, 'email.form: unknown key; did you mean "from"?'),
        ({"zzz": 3}, "email.zzz: unknown key"),
        (
            {"rules": {"reset": {"template": "t", "audiense": 1}}},
            'email.rules.reset.audiense: unknown key; did you mean "audience"?',
        ),
        (
            {"nested": {"template": "t", "temlate": 1}},
            'email.nested.temlate: unknown key; did you mean "template"?',
        ),
        ("text", "email: must be a mapping"),
    ],
)
def test_a_fault_is_one_plain_line_with_its_path(values: object, line: str) -> None:
    assert faults(values) == [line]


def test_every_fault_has_its_line() -> None:
    assert faults({"senders": 0, "ratio": 2, "zzz": 1}) == [
        "email.senders: must be >= 1",
        "email.ratio: must be < 1",
        "email.zzz: unknown key",
    ]


@pytest.mark.parametrize(
    "values", [{"senders": "hunter2"}, {"loud": "hunter2"}, {"colour": "hunter2"}, {"rules": "hunter2"}]
)
def test_the_value_itself_is_never_repeated(values: object) -> None:
    assert "hunter2" not in "\n".join(faults(values))


def test_paths_name_indexes_in_brackets() -> None:
    assert render_path(("rules", "a", 0, "b"), "email") == "email.rules.a[0].b"
    assert render_path(("rules",)) == "rules"
