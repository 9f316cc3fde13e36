from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.document import assign, changed_paths, fill_in, parse
from supervision.errors import ConfigError


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert parse("") == {}
    assert parse("# nothing but a comment\n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n  b: [1, 2\nc: 3\n", "config.yaml: line 3, column 2: expected ',' or ']', but got ':'"),
        ("a: 1\nb: 2\na: 3\n", 'config.yaml: line 3, column 1: the key "a" stands here twice'),
        ("a:\n\tb: 1\n", "config.yaml: line 2, column 1: found character '\\t' that cannot start any token"),
        ("- a\n- b\n", "config.yaml: must be a mapping of sections, not a list"),
        ("just words", "config.yaml: must be a mapping of sections, not a str"),
        ("a: !!python/object:os.system {}", "config.yaml: line 1, column 4: could not determine a constructor"),
        ("a: \x00", "config.yaml: not YAML"),
    ],
)
def test_wrong_yaml_names_line_and_column(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("console.port=0", {"console": {"port": 0}, "apps": ["x", "y"]}),
        ("faults.enabled=true", {"console": {"port": 8080}, "apps": ["x", "y"], "faults": {"enabled": True}}),
        ("apps[1]=z", {"console": {"port": 8080}, "apps": ["x", "z"]}),
        ("apps.1=z", {"console": {"port": 8080}, "apps": ["x", "z"]}),
        ("apps[2]=z", {"console": {"port": 8080}, "apps": ["x", "y", "z"]}),
        ("apps=[a, b]", {"console": {"port": 8080}, "apps": ["a", "b"]}),
        (
            "mta.behaviour[0].code=451",
            {"console": {"port": 8080}, "apps": ["x", "y"], "mta": {"behaviour": [{"code": 451}]}},
        ),
        (
            'rules."org.signed".class=bulk',
            {"console": {"port": 8080}, "apps": ["x", "y"], "rules": {"org.signed": {"class": "bulk"}}},
        ),
        ("console.host=", {"console": {"port": 8080, "host": None}, "apps": ["x", "y"]}),
        ("a=b=c", {"console": {"port": 8080}, "apps": ["x", "y"], "a": "b=c"}),
    ],
)
def test_set_overrides_any_key_with_a_yaml_value(setting: str, expected: dict[str, Any]) -> None:
    raw: dict[str, Any] = {"console": {"port": 8080}, "apps": ["x", "y"]}
    assign(raw, setting)
    assert raw == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("console.port", "--set console.port: must be KEY=VALUE, as in console.port=0"),
        ("=1", "--set =1: must be KEY=VALUE"),
        ("a..b=1", "--set a..b=1: must be KEY=VALUE"),
        ("a=[1", "--set a: the value is not YAML"),
        ("apps[7]=x", "--set apps[7]: the list has 2 entries, there is no index 7"),
        ("apps.first=x", "--set apps.first: first must be an index of a list"),
        ("console.port.deep=1", "--set console.port.deep: port holds a plain value, not keys"),
        ("console.port.a.b=1", "--set console.port.a.b: a cannot stand below a plain value"),
    ],
)
def test_a_wrong_set_says_what_is_wrong(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        assign({"console": {"port": 8080}, "apps": ["x", "y"]}, setting)
    assert str(caught.value).startswith(message)


KEYS = st.text("abcdefgh_", min_size=1, max_size=6)


@given(st.lists(KEYS, min_size=1, max_size=4), st.integers())
def test_what_was_set_stands_at_its_path(steps: list[str], value: int) -> None:
    raw: dict[str, Any] = {}
    assign(raw, f"{'.'.join(steps)}={value}")
    here: Any = raw
    for step in steps:
        here = here[step]
    assert here == value


def test_variables_come_from_the_environment() -> None:
    raw = {"url": "smtp://${USER}:${PASSWORD}@mx", "list": ["${HOST:-localhost}", 3], "price": "$5 $${PASSWORD}"}
    filled, faults = fill_in(raw, {"USER": "ada", "PASSWORD": "s3cret"})
    assert filled == {"url": "smtp://ada:s3cret@mx", "list": ["localhost", 3], "price": "$5 ${PASSWORD}"}
    assert faults == []
    assert raw["url"] == "smtp://${USER}:${PASSWORD}@mx"


def test_a_default_stands_only_for_what_is_not_set() -> None:
    assert fill_in({"a": "${A:-x}${B:-}"}, {"A": ""}) == ({"a": ""}, [])


def test_each_missing_variable_is_a_fault_with_its_path() -> None:
    _, faults = fill_in({"email": {"mta": {"url": "${SMTP_URL}"}, "hosts": ["a", "${HOST}"]}}, {})
    assert faults == [
        "email.mta.url: the environment variable SMTP_URL is not set",
        "email.hosts[1]: the environment variable HOST is not set",
    ]


def test_changes_are_told_by_path_and_never_by_value() -> None:
    old = {"a": {"b": 1, "c": [1]}, "d": "secret"}
    new = {"a": {"b": 2, "c": [1]}, "d": "other", "e": {"f": 1}}
    assert list(changed_paths(old, new)) == ["a.b", "d", "e"]
    assert list(changed_paths(old, old)) == []
