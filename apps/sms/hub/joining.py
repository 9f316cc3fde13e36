"""Signing up by the link in the welcome: the leader's own site asks the questions and says here what was answered.

Functions over a connection; any thread.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from actors.database import Connection
from apps.people.consent import Channel, Consent, Said, checked
from apps.sms.errors import SmsError
from apps.sms.hub import leaders, members, persons
from apps.sms.hub.announcing import JOINED, Change, announce
from apps.sms.hub.consent import record
from apps.sms.hub.member import Member
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.hub.sign_up import filled, sign_up
from apps.sms.states import Lane, MemberState
from apps.sms.tables import members as table

FORM = "form"
#: Of the answers those that are columns of a member.
COLUMNS = ("name", "place", "locale", "time_zone", "born")
MOST_ANSWERS = 50


class UnknownToken(SmsError):
    """Nobody was sent a link with this token, or whoever was has left or joined already."""

    title = "The link is not valid"
    status = 404


def join(
    conn: Connection, token: str, answers: Mapping[str, Any], evidence: Mapping[str, Any], now: datetime
) -> Member:
    """Whoever was sent this token is a member from now on; they are told so. Raises UnknownToken, Refused."""
    asked = _asked(conn, token)
    row = leaders.row_of(conn, asked.leader)
    words = sign_up(row.sign_up)
    told = {name: answers[name] for name in COLUMNS if answers.get(name) is not None}
    joined = asked.but(
        state=MemberState.JOINED, joined_at=now, token=None, answers={**asked.answers, **answers}, **told
    )
    (joined,) = persons.linked(conn, [joined], now)
    cause = f"form:{sha256(token.encode()).hexdigest()[:40]}"
    members.save(conn, [joined], {})
    proof = {**evidence, "form": words.version, "our_number": asked.our_number}
    record(conn, [checked(Consent(Channel.SMS, asked.number, asked.leader, Said.GRANTED, FORM, now, proof, cause))])
    body = filled(words.done, {"leader": row.name, "name": joined.name, "contact": words.contact})
    queue(
        conn, [Outgoing(f"done:{cause}", asked.leader, asked.number, asked.our_number, Lane.ANSWER, body, cause)], now
    )
    announce(conn, [Change(cause, joined.leader, joined.number, JOINED, now, joined.person)])
    return joined


def _asked(conn: Connection, token: str) -> Member:
    """Held until the end of the transaction, like every conversation that is decided over."""
    leader = conn.scalar(select(table.c.leader).where(table.c.token == token))
    if leader is not None:
        leaders.hold(conn, [leader])
        number = conn.scalar(select(table.c.number).where(table.c.token == token))
        found = members.load(conn, [(leader, number)]).get((leader, number)) if number else None
        if found is not None and found.state is MemberState.ASKED:
            return found
    raise UnknownToken("this link was used already, or never sent", field="token")
