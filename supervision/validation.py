"""Pydantic's errors in plain words, one line per fault: `path: what is wrong`. For a config, parameters, an event.

A line never repeats the value that was given: it may be a secret. Functions of values; any thread.
"""

import difflib
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

MESSAGES = {
    "missing": "is required",
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "dict_type": "must be a mapping",
    "mapping_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "path_type": "must be a path",
    "url_parsing": "must be a URL",
    "url_type": "must be a URL",
    "url_scheme": "must be a URL of scheme {expected_schemes}",
    "bytes_type": "must be text",
    "none_required": "must be empty",
}

Location = Sequence[str | int]


def faults_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """One line per fault. `prefix` is the path of the model itself, as in `email`."""
    return [_line(detail, model, prefix) for detail in error.errors(include_url=False, include_input=False)]


def render_path(location: Location, prefix: str = "") -> str:
    """`("rules", "a", 0)` as `rules.a[0]`."""
    path = prefix
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def unknown_key(key: str, known: Sequence[str]) -> str:
    """What to say of a key nobody knows, with the nearest that somebody does."""
    near = difflib.get_close_matches(key, known, n=1)
    return f'unknown key; did you mean "{near[0]}"?' if near else "unknown key"


def _line(detail: ErrorDetails, model: type[BaseModel], prefix: str) -> str:
    location = [part for part in detail["loc"] if part != "[key]"]
    path = render_path(location, prefix) or "(whole)"
    if detail["type"] == "extra_forbidden":
        return f"{path}: {unknown_key(str(location[-1]), _known_keys(model, location[:-1]))}"
    return f"{path}: {_message(detail)}"


def _message(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return detail["msg"].partition(", ")[2]
    if kind in ("too_short", "string_too_short") and context["min_length"] == 1:
        return "must not be empty"
    template = MESSAGES.get(kind)
    if template is None:
        return detail["msg"][:1].lower() + detail["msg"][1:]
    return template.format_map(_one_of(context))


def _one_of(context: Mapping[str, Any]) -> dict[str, Any]:
    """Bounds without a trailing `.0`, and alternatives as `"a", "b" or "c"`."""
    shown = dict(context)
    for key, value in context.items():
        if isinstance(value, float) and value.is_integer():
            shown[key] = int(value)
    if "expected" in shown:
        shown["expected"] = str(shown["expected"]).replace("'", '"')
    return shown


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of whatever model stands at `location`; a union offers the keys of all its members."""
    models = [model]
    for part in location:
        fields = [keys[part] for one in models if part in (keys := _keys(one))]
        if fields:
            models = [found for field in fields for found in _models_in(field.annotation)]
    return [str(key) for one in models for key in _keys(one)]


def _keys(model: type[BaseModel]) -> dict[str | int, FieldInfo]:
    """A model's fields by the name they have in a document."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
