"""Sends as rows: ordering one, reading it, and moving it from state to state. Functions over a connection; any thread.

A change of state locks the row; a claim of mails reads it under a shared lock (`mails.claim`). So when `pause` or
`cancel` has been committed, nothing that was not claimed before can be claimed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from actors.database import Connection
from actors.database.statements import insert_or_ignore
from apps.email.campaign import partitions
from apps.email.campaign.errors import NoSuchSend, NotNow
from apps.email.campaign.states import OVER, SendState, send_may_become
from apps.email.campaign.tables import SENDS
from apps.email.config import MailClass
from apps.email.jobs import key_of, keys_of
from apps.people.audience.query import parse


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent to whom. Source, event id and rule name it: the same order twice is one send.

    `audience` is a query of `apps.people.audience` as JSON, None for a round to those whom `parent_id` did not reach.
    `terms` is whatever the rule says beyond the columns, as it is when the send is ordered.
    """

    name: str
    rule: str
    template: str
    audience: Any
    event_source: str
    event_id: str
    event_type: str
    mail_class: MailClass = "bulk"
    topic: str | None = None
    locale: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[str, Any] = field(default_factory=dict)
    parent_id: int | None = None

    @property
    def key(self) -> str:
        return key_of(self.event_source, self.event_id, self.rule, "")


@dataclass(frozen=True)
class Send:
    """One row. What an `Order` said never changes; state, terms and cursors are as of `version` and of the reading."""

    id: int
    key: str
    name: str
    rule: str
    event_source: str
    event_id: str
    event_type: str
    template: str
    mail_class: MailClass
    topic: str | None
    locale: str | None
    audience: Any
    parent_id: int | None
    data: Mapping[str, Any]
    terms: Mapping[str, Any]
    state: SendState
    reason: str | None
    version: int
    day: date
    chunk_size: int
    frozen_to: str | None
    targeted: int
    published: int
    holder: str | None
    held_until: datetime | None
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    sums: Mapping[str, int] | None

    @cached_property
    def chunks(self) -> int:
        """How many chunks the audience makes, as far as it is frozen."""
        return -(-self.targeted // self.chunk_size)

    def mail_key(self, person: str) -> str:
        """Of the mail to this person: what its Message-ID is made of. Another round is another mail."""
        return self._key_of(person)

    @cached_property
    def _key_of(self) -> Callable[[str], str]:
        return keys_of(self.event_source, self.event_id, self.rule)


def start_send(conn: Connection, order: Order, now: datetime, chunk_size: int = 500) -> tuple[int, bool]:
    """Order a send; (its id, whether it is new). It begins as a draft: the fan-out freezes, checks and runs it.

    Raises Refused for an audience that is no query.
    """
    if order.parent_id is None:
        parse(order.audience, field="audience")
    day = now.date()
    partitions.ensure(conn, day)
    given = {name: getattr(order, name) for name in Order.__slots__}
    row = {
        **given,
        "key": order.key,
        "data": dict(order.data),
        "terms": dict(order.terms),
        "state": SendState.DRAFT.value,
        "version": 1,
        "day": day,
        "chunk_size": chunk_size,
        "targeted": 0,
        "published": 0,
        "created_at": now,
        "changed_at": now,
    }
    insertion = insert_or_ignore(conn, SENDS, ["key"])
    new = conn.execute(insertion, row, execution_options={"preserve_rowcount": True}).rowcount == 1
    return conn.execute(select(SENDS.c.id).where(SENDS.c.key == order.key)).scalar_one(), new


def load(conn: Connection, id: int) -> Send:
    """Raises NoSuchSend."""
    return _found(conn.execute(select(SENDS).where(SENDS.c.id == id)).one_or_none(), id)


def find(conn: Connection, name: str) -> Send:
    """By id, or the latest of that name. Raises NoSuchSend."""
    same = SENDS.c.id == int(name) if name.isdecimal() and len(name) < 10 else SENDS.c.name == name
    return _found(conn.execute(select(SENDS).where(same).order_by(SENDS.c.id.desc()).limit(1)).one_or_none(), name)


def listed(conn: Connection, limit: int) -> list[Send]:
    """Latest first."""
    return [_send(row) for row in conn.execute(select(SENDS).order_by(SENDS.c.id.desc()).limit(limit))]


_STATE = select(SENDS.c.state, SENDS.c.version).where(SENDS.c.id == bindparam("the_send"))
_STATE_HELD = _STATE.with_for_update(read=True)


def state_of(conn: Connection, id: int, *, held: bool = False) -> tuple[SendState, int]:
    """(state, version), in the cheapest way there is; `held`: nobody changes them until the transaction ends (SQLite
    has one writer at a time anyway). Raises NoSuchSend."""
    row = conn.execute(_STATE_HELD if held else _STATE, {"the_send": id}).one_or_none()
    if row is None:
        raise NoSuchSend(f"there is no send {id}")
    return SendState(row.state), row.version


def locked(conn: Connection, id: int) -> Send:
    """The row, locked until the transaction ends; SQLite has one writer at a time anyway. Raises NoSuchSend."""
    statement = select(SENDS).where(SENDS.c.id == id).with_for_update()
    return _found(conn.execute(statement).one_or_none(), id)


def move(conn: Connection, id: int, state: SendState, now: datetime, reason: str | None = None) -> Send:
    """To this state, or leave it there; the send as it is then. Raises NoSuchSend, NotNow."""
    send = locked(conn, id)
    if send.state is state:
        return send
    if not send_may_become(send.state, state):
        raise NotNow(f"send {id} is {send.state}: it cannot become {state}", field="send")
    changes: dict[str, Any] = {"state": state.value, "reason": reason, "changed_at": now, "version": send.version + 1}
    if state is SendState.RUNNING and send.started_at is None:
        changes["started_at"] = now
    if state in OVER:
        changes["ended_at"] = now
    conn.execute(update(SENDS).where(SENDS.c.id == id).values(changes))
    return load(conn, id)


def _found(row: Row[Any] | None, name: object) -> Send:
    if row is None:
        raise NoSuchSend(f"there is no send {name!r}; see `rookery email campaign list`", field="send")
    return _send(row)


def _send(row: Row[Any]) -> Send:
    return Send(**{**row._mapping, "state": SendState(row.state)})
