"""Changing a message in quarantine before it is replayed: its body, fields of a JSON body, its headers. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from actors.pipeline.connector.errors import WrongEdit


def with_fields(body: bytes, fields: Mapping[str, Any]) -> bytes:
    """A JSON body with fields set; `a.b` is field b of the object a, which is made if need be. Raises WrongEdit."""
    try:
        content = json.loads(body)
    except ValueError as error:
        raise WrongEdit(f"the body is not JSON: {error}; give a whole new body instead", field="fields") from error
    if not isinstance(content, dict):
        raise WrongEdit("the body is not a JSON object; give a whole new body instead", field="fields")
    for path, value in fields.items():
        _set(content, path, value)
    return json.dumps(content, ensure_ascii=False).encode()


def with_headers(headers: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The headers with some set, and those set to null removed."""
    merged = {**headers, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def assignment(text: str) -> tuple[str, Any]:
    """`field=value` from a command line; the value is JSON if it can be read as that, else text. Raises WrongEdit."""
    field, equals, value = text.partition("=")
    if not equals or not field:
        raise WrongEdit(f"{text!r} is not of the form field=value")
    try:
        return field, json.loads(value)
    except ValueError:
        return field, value


def _set(content: dict[str, Any], path: str, value: Any) -> None:
    *outer, last = path.split(".")
    here = content
    for name in outer:
        here = here.setdefault(name, {})
        if not isinstance(here, dict):
            raise WrongEdit(f"{path}: {name} is not an object", field="fields")
    here[last] = value
