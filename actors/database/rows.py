"""A list of rows as a table inside a statement: one bound parameter, so that the statement's text never changes.

Values only; any thread.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, String, bindparam, cast, column, func, select
from sqlalchemy.types import JSON

from actors.database.columns import Timestamp

TEXT, NUMBER, MOMENT = String(), Integer(), Timestamp()
Columns = Mapping[str, String | Integer | Timestamp]


def table_of(dialect: str, columns: Columns) -> FromClause:
    """To be executed with the parameter `rows`: `encoded(dialect, list of objects with these keys)`."""
    if dialect == "postgresql":
        records = func.json_to_recordset(cast(bindparam("rows", type_=JSON), JSON))
        found = records.table_valued(*(column(name, kind) for name, kind in columns.items()), name="given")
        return found.render_derived(with_types=True)
    each = func.json_each(bindparam("rows", type_=TEXT)).table_valued("value", name="each")
    return select(*(_field(each.c.value, name, kind).label(name) for name, kind in columns.items())).subquery("given")


def encoded(dialect: str, rows: list[dict[str, Any]]) -> Any:
    """The parameter `rows`."""
    return rows if dialect == "postgresql" else json.dumps(rows, ensure_ascii=False)


def moment(dialect: str, at: datetime | None) -> str | None:
    """A field of type MOMENT: as SQLite's driver writes it into a table, as PostgreSQL reads it."""
    if at is None:
        return None
    written = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{written}+00" if dialect == "postgresql" else written


def _field(value: ColumnElement[Any], name: str, kind: String | Integer | Timestamp) -> ColumnElement[Any]:
    return func.json_extract(value, f"$.{name}", type_=TEXT if isinstance(kind, Timestamp) else kind)
