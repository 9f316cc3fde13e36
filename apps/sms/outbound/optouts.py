"""A carrier says that a member wants no texts: it holds as if the member had said so. Functions on a connection."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import tuple_, update

from actors.carrier.port import NumberType
from actors.database import Connection
from apps.people.consent import Channel, Said, record
from apps.sms.hub.announcing import LEFT, Change, announce
from apps.sms.hub.queueing import revoke
from apps.sms.outbound.pieces import sender
from apps.sms.states import MemberState
from apps.sms.tables import members

SOURCE = "carrier"


@dataclass(frozen=True, slots=True)
class CarrierOptOut:
    """`key` of the text by which we learned it."""

    leader: str
    member: str
    key: str
    carrier: str
    code: str


def believe(conn: Connection, said: Iterable[CarrierOptOut], now: datetime) -> int:
    """The members leave, what waits for them is revoked, everybody is told, the ledger of consents knows; how many."""
    new = {(one.leader, one.member): one for one in said}
    if not new:
        return 0
    still = tuple_(members.c.leader, members.c.number).in_(sorted(new)) & (members.c.state != MemberState.LEFT.value)
    values = {"state": MemberState.LEFT.value, "left_at": now, "word_at": now, "asked": None}
    left = [
        (row.leader, row.number) for row in conn.execute(update(members).where(still).values(values).returning(*_PLACE))
    ]
    for leader, number in left:
        one = new[leader, number]
        if sender(number).type is NumberType.E164:
            evidence = {"carrier": one.carrier, "code": one.code, "text": one.key}
            record(conn, Channel.SMS, number, leader, Said.REVOKED, now, source=SOURCE, evidence=evidence)
    announce(conn, (Change(f"{SOURCE}:{new[place].key}", *place, LEFT, now) for place in left))
    revoke(conn, new, now)
    return len(left)


_PLACE = (members.c.leader, members.c.number)
