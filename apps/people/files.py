"""Reading people from CSV and JSON lines, as a stream: one row, or why it was refused, at a time. Pure, any thread.

CSV has a header; comma, semicolon, tab or bar between cells; quotes as in RFC 4180, with line breaks inside them. UTF-8
with or without a byte order mark, and UTF-16 with one. Columns that are not a field of a profile become attributes.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Literal, NoReturn

from apps.people.drafts import FIELDS, RefusedRow, Row
from apps.people.errors import ImportFailed, Refused
from apps.people.text import check_json

Format = Literal["csv", "jsonl"]

MAX_LINE_CHARACTERS = 1_000_000
_DELIMITERS = ",;\t|"
_NAMES = {
    "email": "address",
    "e_mail": "address",
    "mail": "address",
    "email_address": "address",
    "full_name": "name",
    "language": "locale",
    "lang": "locale",
    "timezone": "time_zone",
    "tz": "time_zone",
}


def rows(stream: io.BufferedReader, format: Format | None) -> Iterator[Row | RefusedRow]:
    """All rows of a file, in order; with no format it is told from the first character. Raises ImportFailed."""
    text = _decoded(stream)
    try:
        first = text.readline(MAX_LINE_CHARACTERS)
        lines = _bounded(chain([first], iter(lambda: text.readline(MAX_LINE_CHARACTERS), "")))
        if (format or ("jsonl" if first.lstrip().startswith("{") else "csv")) == "jsonl":
            yield from _jsonl(lines)
        else:
            yield from _csv(lines)
    except UnicodeDecodeError as error:
        raise ImportFailed(f"the file is not {error.encoding}: {error.reason} at byte {error.start}") from error
    finally:
        text.detach()  # the stream is the caller's to close


def _decoded(stream: io.BufferedReader) -> io.TextIOWrapper:
    """Bytes that are no UTF-8 come through as lone surrogates, so that only their row is refused."""
    if stream.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return io.TextIOWrapper(stream, encoding="utf-16", newline="")
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if len(line) >= MAX_LINE_CHARACTERS:
            raise ImportFailed(f"line {number} has {MAX_LINE_CHARACTERS} characters or more; rows before it were taken")
        yield line


# --- JSON lines -------------------------------------------------------------------------------------------------------


def _jsonl(lines: Iterable[str]) -> Iterator[Row | RefusedRow]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield Row(number, _fields(_object(line)))
            except Refused as error:
                yield RefusedRow.of(number, error)


def _object(line: str) -> dict[str, Any]:
    try:
        document = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused("", f"is not JSON: {error}", line) from error
    if not isinstance(document, dict):
        raise Refused("", "is not a JSON object", line)
    check_json("", document)
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    """Sort the keys into fields of a profile and attributes."""
    fields: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for key, value in document.items():
        name = _field_name(key)
        if name is None:
            others[key] = value
        elif name in fields:
            raise Refused(name, f"is given twice, the second time as {key!r}", value)
        else:
            fields[name] = value
    if others:
        attributes = fields.get("attributes") or {}
        if not isinstance(attributes, dict):
            raise Refused("attributes", "is not a JSON object", attributes)
        fields["attributes"] = {**others, **attributes}
    return fields


# --- CSV --------------------------------------------------------------------------------------------------------------


def _csv(lines: Iterator[str]) -> Iterator[Row | RefusedRow]:
    first = next(lines, "")
    offset = 0
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # written by spreadsheets
        delimiter, first, offset = first[4], next(lines, ""), 1
    else:
        delimiter = _delimiter(first)
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    header = _header(reader)
    while True:
        line = reader.line_num + offset + 1
        try:
            cells = next(reader)
            if any(cells):
                yield Row(line, _cells(header, cells))
        except StopIteration:
            return
        except csv.Error as error:
            yield RefusedRow.of(line, Refused("", f"is not CSV: {error}"))
        except Refused as error:
            yield RefusedRow.of(line, error)


def _delimiter(line: str) -> str:
    outside_quotes = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=outside_quotes.count)


def _header(reader: Iterator[list[str]]) -> list[tuple[str, bool]]:
    """For each column its name and whether it is a field of a profile. Raises ImportFailed."""
    try:
        cells = next(reader, [])
    except csv.Error as error:
        raise ImportFailed(f"the header is not CSV: {error}") from error
    header: list[tuple[str, bool]] = []
    for cell in cells:
        field = _field_name(cell)
        header.append((field, True) if field not in (None, "attributes") else (cell.strip(), False))
    names = [name for name, _ in header if name]
    if ("address", True) not in header:
        raise ImportFailed(f"the header has no column `address` or `email`; it has: {', '.join(names) or 'nothing'}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ImportFailed(f"the header has more than one column for: {', '.join(twice)}")
    return header


def _cells(header: Sequence[tuple[str, bool]], cells: Sequence[str]) -> dict[str, Any]:
    check_json("", list(cells))
    fields: dict[str, Any] = {}
    attributes: dict[str, str] = {}
    for position, cell in enumerate(cells):
        name, is_field = header[position] if position < len(header) else ("", False)
        if cell == "":
            continue
        if not name:
            raise Refused("", f"cell {position + 1} stands in no column of the header", cell)
        (fields if is_field else attributes)[name] = cell
    return {**fields, "attributes": attributes} if attributes else fields


def _field_name(key: str) -> str | None:
    name = key.strip().lower().replace("-", "_").replace(" ", "_")
    name = _NAMES.get(name, name)
    return name if name in FIELDS else None
