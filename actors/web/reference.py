"""The API reference at `/api/docs`: a plain page made from the OpenAPI document. A function of values.

Why not Swagger UI: it is a megabyte of script from a CDN, and the machines that run this often see no internet.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from actors.web.style import plain_page

Schema = Mapping[str, Any]

INTRODUCTION = """
<h1>HTTP API</h1>
<p class="soft">Every request under <code>/api</code> needs <code>Authorization: Bearer TOKEN</code> or the console's
session. Errors are problem documents (RFC 9457). For programs: <a href="/api/openapi.json">openapi.json</a>.</p>"""


def page(openapi: Schema) -> str:
    """The whole reference as HTML, grouped by tag."""
    sections: dict[str, list[str]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            sections.setdefault(tag, []).append(_row(method, path, operation, openapi))
    body = "".join(_section(tag, rows) for tag, rows in sorted(sections.items()))
    return plain_page("HTTP API", f"<main>{INTRODUCTION}{body}</main>")


def _section(tag: str, rows: list[str]) -> str:
    head = "<tr><th>Request</th><th>What it does</th><th>Parameters</th></tr>"
    return f"<h2>{escape(tag)}</h2><table>{head}{''.join(rows)}</table>"


def _row(method: str, path: str, operation: Schema, openapi: Schema) -> str:
    request = f"<code>{method.upper()} {escape(path)}</code>"
    parameters = "<br>".join(_parameter(*one) for one in _parameters(operation, openapi))
    return f"<tr><td>{request}</td><td>{escape(operation.get('summary', ''))}</td><td>{parameters}</td></tr>"


def _parameter(name: str, required: bool, schema: Schema) -> str:
    note = schema.get("description", "")
    default = "" if required or schema.get("default") is None else f" = {schema['default']}"
    kind = _kind(schema)
    text = f"<code>{escape(name)}{escape(default)}</code> <span class='soft'>{escape(kind)}"
    return text + (", required" if required else "") + (f": {escape(note)}" if note else "") + "</span>"


def _parameters(operation: Schema, openapi: Schema) -> Iterator[tuple[str, bool, Schema]]:
    """Name, whether it must be given, and schema of each parameter, in the query or in the JSON body."""
    for parameter in operation.get("parameters", ()):
        schema = {"description": parameter.get("description", ""), **parameter["schema"]}
        yield parameter["name"], parameter.get("required", False), schema
    content = operation.get("requestBody", {}).get("content", {})
    body = _resolve(content.get("application/json", {}).get("schema", {}), openapi)
    for name, schema in body.get("properties", {}).items():
        yield name, name in body.get("required", ()), _resolve(schema, openapi)


def _resolve(schema: Schema, openapi: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    return openapi["components"]["schemas"][reference.rpartition("/")[2]]  # type: ignore[no-any-return]


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    return str(schema.get("type", "object"))
