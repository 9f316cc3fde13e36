"""All leaders at a glance: members, what nobody has read, what waits for the hub. A verb; runs in a thread of its own.

Counts members of all leaders each time: for people who look, not for programs that ask all the time.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select

from actors.database import Connection, Database
from apps.sms.hub import waiting
from apps.sms.hub.inbox_verbs import now
from apps.sms.states import MemberState
from apps.sms.tables import leaders, members, numbers
from supervision.verbs import NoParams, Site, Verb


def overview(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Raises Unavailable."""
    moment = now().timestamp()
    with Database(site.system).read() as conn:
        counts = {row.leader: row._mapping for row in conn.execute(_COUNTED)}
        backlog = {one.leader: one for one in waiting.backlog(conn)}
        own = _numbers(conn)
        found = conn.execute(select(leaders.c.id, leaders.c.name).order_by(leaders.c.id)).all()
    nobody: dict[str, Any] = dict.fromkeys(_COUNTS, 0)
    return [
        {
            "id": row.id,
            "name": row.name,
            "numbers": own[row.id],
            **{name: counts.get(row.id, nobody)[name] or 0 for name in _COUNTS},
            "waiting": backlog.get(row.id, waiting.Backlog()).texts,
            "oldest_seconds": round(backlog.get(row.id, waiting.Backlog()).age_seconds(moment), 3),
        }
        for row in found
    ]


def _numbers(conn: Connection) -> dict[str, list[str]]:
    own: dict[str, list[str]] = defaultdict(list)
    for row in conn.execute(select(numbers.c.leader, numbers.c.number).order_by(numbers.c.number)):
        own[row.leader].append(row.number)
    return own


def _in(state: MemberState) -> Any:
    return func.count().filter(members.c.state == state.value)


_COUNTS = ("joined", "asked", "left", "unread", "threads")
#: `unread` are texts, `threads` the conversations that they lie in.
_COUNTED: Select[Any] = select(
    members.c.leader,
    _in(MemberState.JOINED).label("joined"),
    _in(MemberState.ASKED).label("asked"),
    _in(MemberState.LEFT).label("left"),
    func.sum(members.c.unread).label("unread"),
    func.count().filter(members.c.unread > 0).label("threads"),
).group_by(members.c.leader)

VERBS: Sequence[Verb] = (Verb("sms.overview", NoParams, overview, doc="All leaders: members, unread, what waits."),)
