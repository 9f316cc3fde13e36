"""The queue: what is `queued` in `sms_texts`, read flow by flow. Functions on a connection; they commit nothing.

Every statement finds its rows by the partial index of queued texts, and is bounded.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select, text, union_all

from actors.database import Connection, Timestamp
from apps.sms.outbound.texts import Flow, Text
from apps.sms.states import Lane, MemberState
from apps.sms.tables import members, numbers, parts, texts

#: Steps from one flow to the next one by the index, however many texts each has: a loose index scan.
_FLOWS = text("""
    WITH RECURSIVE found(id, leader, our_number, steps) AS (
        SELECT id, leader, our_number, 1 FROM sms_texts WHERE id = (
            SELECT id FROM sms_texts
            WHERE state = 'queued' AND lane = :lane AND (leader, our_number) > (:leader, :our_number)
            ORDER BY leader, our_number LIMIT 1)
        UNION ALL
        SELECT next.id, next.leader, next.our_number, found.steps + 1 FROM found JOIN sms_texts AS next ON next.id = (
            SELECT id FROM sms_texts
            WHERE state = 'queued' AND lane = :lane AND (leader, our_number) > (found.leader, found.our_number)
            ORDER BY leader, our_number LIMIT 1)
        WHERE found.steps < :most
    )
    SELECT leader, our_number FROM found
""")


def flows(conn: Connection, lane: Lane, after: Flow | None, most: int) -> list[Flow]:
    """Those of a lane that have something queued, due or not, behind this one in their order."""
    start = {"leader": after.leader, "our_number": after.our_number} if after else {"leader": "", "our_number": ""}
    rows = conn.execute(_FLOWS, {"lane": lane.value, "most": most, **start})
    return [Flow(lane, leader, our_number) for leader, our_number in rows]


def read(conn: Connection, wanted: Sequence[Flow], each: int, now: datetime) -> dict[Flow, list[Text]]:
    """What is due of each flow, oldest first: up to `each` that were to leave at once, and as many that had a time."""
    if not wanted:
        return {}
    parameters: dict[str, Any] = {"now": now, "each": each}
    for number, flow in enumerate(wanted):
        parameters |= {f"lane{number}": flow.lane, f"leader{number}": flow.leader, f"ours{number}": flow.our_number}
    rows = [row._mapping for row in conn.execute(_reading(len(wanted)), parameters)]
    had = _had(conn, [row["key"] for row in rows if row["attempts"]])
    found: dict[Flow, list[Text]] = {flow: [] for flow in wanted}
    for row in rows:
        one = _text(row, had.get(row["key"], frozenset()))
        found[one.flow].append(one)
    return {flow: sorted(some, key=lambda one: one.place) for flow, some in found.items()}


@cache
def _reading(flows: int) -> Select[Any]:
    parts_of = [_of(number, condition) for number in range(flows) for condition in (_AT_ONCE, _DUE)]
    ids = union_all(*(select(one.subquery(f"part{number}").c.id) for number, one in enumerate(parts_of))).subquery()
    joined = (
        texts.join(ids, ids.c.id == texts.c.id)
        .outerjoin(members, and_(members.c.leader == texts.c.leader, members.c.number == texts.c.member))
        .outerjoin(numbers, numbers.c.number == texts.c.our_number)
    )
    return select(
        *(texts.c[name] for name in _COLUMNS),
        members.c.state.label("member_state"),
        members.c.time_zone,
        members.c.country,
        numbers.c.carrier.label("home"),
        numbers.c.campaign,
        numbers.c.brand,
    ).select_from(joined)


_COLUMNS = (
    *("id", "key", "lane", "leader", "member", "our_number", "body", "broadcast", "attempts"),
    *("created_at", "due_at", "expires_at"),
)
_AT_ONCE = texts.c.due_at.is_(None)
_DUE = texts.c.due_at <= bindparam("now", type_=Timestamp)


def _of(number: int, condition: ColumnElement[bool]) -> Select[Any]:
    mine = and_(
        texts.c.state == text("'queued'"),
        texts.c.lane == bindparam(f"lane{number}"),
        texts.c.leader == bindparam(f"leader{number}"),
        texts.c.our_number == bindparam(f"ours{number}"),
    )
    order = (texts.c.due_at, texts.c.id) if condition is _DUE else (texts.c.id,)
    return select(texts.c.id).where(mine, condition).order_by(*order).limit(bindparam("each"))


def _had(conn: Connection, keys: Sequence[str]) -> dict[str, frozenset[int]]:
    """Of texts that were tried before: the pieces that may have reached a carrier."""
    if not keys:
        return {}
    found: dict[str, set[int]] = {}
    for key, number in conn.execute(select(parts.c.text, parts.c.number).where(parts.c.text.in_(keys))):
        found.setdefault(key, set()).add(number)
    return {key: frozenset(had) for key, had in found.items()}


def _text(row: Mapping[Any, Any], had: frozenset[int]) -> Text:
    return Text(
        **{name: row[name] for name in _COLUMNS if name != "lane"},
        lane=Lane(row["lane"]),
        left=row["member_state"] == MemberState.LEFT,
        zone=row["time_zone"],
        country=row["country"],
        home=row["home"],
        campaign=row["campaign"],
        brand=row["brand"],
        had=had,
    )
