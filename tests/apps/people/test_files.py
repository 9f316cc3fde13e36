"""Reading files: every line ends up as a row, or as a refusal with its line."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.people.drafts import RefusedRow, Row
from apps.people.errors import ImportFailed
from apps.people.files import MAX_LINE_CHARACTERS, Format, rows


def read(content: str | bytes, format: Format | None = None) -> list[Row | RefusedRow]:
    raw = content.encode() if isinstance(content, str) else content
    return list(rows(io.BufferedReader(io.BytesIO(raw)), format))


def refused(content: str | bytes, format: Format | None = None) -> RefusedRow:
    (row,) = [row for row in read(content, format) if isinstance(row, RefusedRow)]
    return row


A, B = Row(2, {"address": "a@example.org", "name": "A"}), Row(3, {"address": "b@example.org", "name": "B"})


# --- CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    text = "address,name\na@example.org,A\nb@example.org,B\n"
    assert read(text.replace(",", delimiter)) == [A, B]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, line_end: str) -> None:
    text = f"email;name{line_end}zoë@example.org;Zoë 🦜{line_end}"
    assert read(text.encode(encoding)) == [Row(2, {"address": "zoë@example.org", "name": "Zoë 🦜"})]


def test_the_delimiter_is_looked_for_outside_quotes() -> None:
    text = '"a,b,c,d";address\n1;a@example.org\n'
    assert read(text) == [Row(2, {"address": "a@example.org", "attributes": {"a,b,c,d": "1"}})]


def test_the_delimiter_that_a_spreadsheet_announces() -> None:
    assert read("sep=|\naddress|name\na@example.org|A\n") == [Row(3, A.fields)]


def test_quotes_and_line_breaks_inside_them_keep_the_count_of_lines() -> None:
    text = 'address,motto\na@example.org,"one\ntwo ""three"""\nb@example.org,x\n'
    assert read(text) == [
        Row(2, {"address": "a@example.org", "attributes": {"motto": 'one\ntwo "three"'}}),
        Row(4, {"address": "b@example.org", "attributes": {"motto": "x"}}),
    ]


def test_columns_by_other_names_and_columns_nobody_knows() -> None:
    (row,) = read(" E-Mail ,Full Name,Language,TZ,City\na@example.org,A,fr,Europe/Paris,Lyon\n")
    assert row == Row(
        2,
        {
            "address": "a@example.org",
            "name": "A",
            "locale": "fr",
            "time_zone": "Europe/Paris",
            "attributes": {"City": "Lyon"},
        },
    )


def test_blank_lines_short_rows_and_empty_cells_say_nothing() -> None:
    assert read("address,name,city\n\na@example.org\n,,\nb@example.org,B,\n,,,\n") == [
        Row(3, {"address": "a@example.org"}),
        Row(5, {"address": "b@example.org", "name": "B"}),
    ]


def test_no_line_end_at_the_end() -> None:
    assert read("address,name\na@example.org,A") == [A]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a@example.org,A,surplus", "cell 3 stands in no column"),
        ('"a@example.org" x,A', "is not CSV"),
        (f"a@example.org,{'x' * 200_000}", "is not CSV: field larger"),
        ("a@example.org,A\0", "holds U+0000"),
    ],
)
def test_a_row_that_cannot_be_read_stops_nobody_else(line: str, reason: str) -> None:
    found = read(f"address,name\n{line}\nb@example.org,B\n")
    assert isinstance(found[0], RefusedRow)
    assert (found[0].line, found[1:]) == (2, [B])
    assert found[0].reason.startswith(reason)
    assert len(found[0].value) < 200


def test_bytes_that_are_no_utf8_refuse_their_row_only() -> None:
    found = read(b"address,name\na@example.org,Ren\xe9\nb@example.org,B\n")
    assert found == [RefusedRow(2, "", "is not UTF-8 at position 3", "Ren\\udce9"), B]


def test_a_quote_that_is_never_closed() -> None:
    found = read('address,name\na@example.org,"A\n' + "b@example.org,B\n" * 3)
    assert found == [RefusedRow(2, "", "is not CSV: unexpected end of data", "")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has: nothing"),
        ("name,city\nA,B\n", "no column `address` or `email`; it has: name, city"),
        ("address,email\n", "more than one column for: address"),
        ("address,city,city\n", "more than one column for: city"),
        ('"address', "the header is not CSV"),
        ("address\n" + "x" * MAX_LINE_CHARACTERS, "line 2 has 1000000 characters or more"),
    ],
)
def test_files_that_cannot_be_read_at_all(text: str, why: str) -> None:
    with pytest.raises(ImportFailed, match=why):
        read(text, "csv")


def test_half_a_character_of_utf16_is_said_to_be_no_utf16() -> None:
    with pytest.raises(ImportFailed, match="utf-16"):
        read("address\na@example.org".encode("utf-16") + b"\xd8")


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8), st.sampled_from(",;\t|"), st.booleans())
def test_what_a_csv_writer_wrote_is_read_back(cells: list[tuple[str, str, str]], delimiter: str, quoted: bool) -> None:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerow(("address", "name", "x"))
    writer.writerows(cells)
    expected = [dict(zip(("address", "name", "x"), row, strict=True)) for row in cells if any(row)]
    found = []
    for row in read(target.getvalue(), "csv"):
        assert isinstance(row, Row)
        fields = dict(row.fields)
        found.append({"address": "", "name": "", "x": "", **fields.pop("attributes", {}), **fields})
    assert found == expected


# --- JSON lines -------------------------------------------------------------------------------------------------------


def test_json_lines() -> None:
    text = '{"email": "a@example.org", "name": "A", "city": "Lyon"}\r\n\n'
    text += '{"address": "b@example.org", "attributes": {"x": [1]}}'
    assert read(text) == [
        Row(1, {"address": "a@example.org", "name": "A", "attributes": {"city": "Lyon"}}),
        Row(3, {"address": "b@example.org", "attributes": {"x": [1]}}),
    ]


def test_line_separators_of_unicode_end_no_line() -> None:
    (row,) = read('{"address": "a@example.org", "x": "\u2028\x85"}', "jsonl")
    assert row == Row(1, {"address": "a@example.org", "attributes": {"x": "\u2028\x85"}})


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("{", "", "is not JSON"),
        ("[]", "", "is not a JSON object"),
        ("null", "", "is not a JSON object"),
        ('{"a": NaN}', "", "is not JSON: NaN"),
        ('{"a": 1e999}', "", "holds a number that JSON does not know"),
        ('{"a": "\\ud800"}', "", "is not UTF-8"),
        ('{"a": "\\u0000"}', "", "holds U+0000"),
        ("[" * 100_000, "", "is not JSON"),
        ('{"a": ' + "[" * 30 + "]" * 30 + "}", "", "is nested deeper"),
        ('{"email": "a@example.org", "address": "b@example.org"}', "address", "is given twice"),
        ('{"address": "a@example.org", "attributes": 5, "x": 1}', "attributes", "is not a JSON object"),
    ],
)
def test_lines_that_are_refused(line: str, field: str, reason: str) -> None:
    row = refused(f'{{"address": "z@example.org"}}\n{line}\n', "jsonl")
    assert (row.line, row.field) == (2, field)
    assert row.reason.startswith(reason)


FIELDS = st.dictionaries(
    st.text(max_size=5), st.none() | st.integers() | CELL | st.lists(CELL, max_size=2), max_size=4
).map(lambda others: {"address": "a@example.org", **{f"x{key}": value for key, value in others.items()}})


@given(st.lists(FIELDS, max_size=5), st.booleans())
def test_what_json_wrote_is_read_back(documents: list[dict[str, Any]], ascii_only: bool) -> None:
    text = "".join(json.dumps(document, ensure_ascii=ascii_only) + "\n" for document in documents)
    found = read(text, "jsonl")
    assert len(found) == len(documents)
    for row, document in zip(found, documents, strict=True):
        if isinstance(row, RefusedRow):
            assert "\0" in "".join(map(str, document)) + json.dumps(document).replace("\\u0000", "\0")
        else:
            assert {"address": row.fields["address"], **row.fields.get("attributes", {})} == document


@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl", None]))
def test_any_bytes_at_all(content: bytes, format: Format | None) -> None:
    try:
        found = read(content, format)
    except ImportFailed:
        return
    assert all(row.line >= 1 for row in found)
