"""Rows of members, many at once. Functions over a connection; any thread.

Whoever decides over conversations holds their leader (`leaders.hold`) first, so that each has one writer at a time.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, select, true, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB

from actors.database import Connection, Timestamp
from actors.database.rows import MOMENT, NUMBER, TEXT, Columns, encoded, moment, table_of
from actors.database.statements import insert_or_ignore
from apps.sms.hub.member import Member
from apps.sms.states import MemberState
from apps.sms.tables import members, tags

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_NAMES = [field.name for field in fields(Member)]
_MOMENTS = [name for name in _NAMES if isinstance(members.c[name].type, Timestamp)]
_NUMBERS = ("born", "unread", "automatic")
_GIVEN: Columns = {name: MOMENT if name in _MOMENTS else NUMBER if name in _NUMBERS else TEXT for name in _NAMES}
_KEY = ("leader", "number")

Conversation = tuple[str, str]


def load(conn: Connection, wanted: Collection[Conversation]) -> dict[Conversation, Member]:
    """By (leader, number), locked until the end of the transaction; who is no member is left out."""
    dialect = conn.dialect.name
    rows = [{"leader": leader, "number": number} for leader, number in sorted(set(wanted))]
    found = conn.execute(_load(dialect), {"rows": encoded(dialect, rows)})
    return {(row.leader, row.number): member_of(row._mapping) for row in found}


def member_of(row: Mapping[Any, Any]) -> Member:
    """Of a row of `sms_members`."""
    return Member(**{**row, "state": MemberState(row["state"])})


def save(conn: Connection, changed: Iterable[Member], unread: Mapping[Conversation, int]) -> None:
    """Write them, new or not, in one statement; `unread` counts up, since the leader may read meanwhile."""
    dialect = conn.dialect.name
    rows = [_row(dialect, one, unread.get((one.leader, one.number), 0)) for one in changed]
    if rows:
        conn.execute(_save(dialect), {"rows": encoded(dialect, sorted(rows, key=lambda row: [row[k] for k in _KEY]))})


def leave_all(conn: Connection, number: str, but: str, at: datetime) -> list[Conversation]:
    """Whoever has this number leaves all leaders but this one; which of them that changed."""
    still = (members.c.number == number) & (members.c.leader != but) & (members.c.state != MemberState.LEFT.value)
    left = {"state": MemberState.LEFT.value, "left_at": at, "word_at": at, "asked": None}
    found = conn.execute(update(members).where(still).values(left).returning(members.c.leader, members.c.number))
    return [(row.leader, row.number) for row in found]


def tag(conn: Connection, given: Sequence[tuple[str, str, str]]) -> None:
    """(leader, tag, number): whoever has the tag keeps it."""
    if given:
        rows = [dict(zip(("leader", "tag", "number"), one, strict=True)) for one in dict.fromkeys(given)]
        conn.execute(insert_or_ignore(conn, tags, ("leader", "tag", "number")), rows)


def _row(dialect: str, one: Member, unread: int) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in _NAMES}
    moments = {name: moment(dialect, row[name]) for name in _MOMENTS}
    answers = json.dumps(dict(one.answers), ensure_ascii=False)
    return {**row, **moments, "state": one.state.value, "answers": answers, "unread": unread}


@cache
def _load(dialect: str) -> Select[Any]:
    given = table_of(dialect, {"leader": TEXT, "number": TEXT}).c
    both = (members.c.leader == given.leader) & (members.c.number == given.number)
    statement = select(*(members.c[name] for name in _NAMES)).where(both).order_by(members.c.leader, members.c.number)
    return statement.with_for_update(of=members)


@cache
def _save(dialect: str) -> Any:
    given = table_of(dialect, _GIVEN).c
    row: dict[str, ColumnElement[Any]] = {name: given[name] for name in _NAMES}
    if dialect == "postgresql":
        row["answers"] = cast(given.answers, JSONB)
    # SQLite takes ON CONFLICT for a join unless there is a WHERE.
    insert: Any = _INSERTS[dialect](members).from_select(list(row), select(*row.values()).where(true()))
    changes = {name: insert.excluded[name] for name in _NAMES if name not in (*_KEY, "created_at", "unread")}
    return insert.on_conflict_do_update(
        index_elements=list(_KEY), set_={**changes, "unread": members.c.unread + insert.excluded.unread}
    )
