"""Carrying out what is decided over texts that came in: many texts, one transaction, a few statements. Any thread.

All of it happens or nothing: members, tags, consent, answers, revoked texts, news, and the texts themselves settled.
The keys of answers are made of the key of the text they answer. So whatever is killed in the middle, done again it
comes out the same, and each text is answered once.

The caller holds the leaders (`leaders.hold`) in the same transaction.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, update

from actors.database import Connection, Timestamp
from actors.database.rows import TEXT, encoded, table_of
from apps.people.consent import Consent
from apps.sms.hub import members, persons
from apps.sms.hub.announcing import JOINED, LEFT, Change, announce
from apps.sms.hub.answering import Tokens, at_once, decide
from apps.sms.hub.consent import consent_of, record
from apps.sms.hub.member import Decision, Incoming, Leader, Member, Outcome, Word
from apps.sms.hub.members import Conversation
from apps.sms.hub.queueing import Outgoing, queue, revoke
from apps.sms.hub.words import recognise
from apps.sms.states import Lane, TextState
from apps.sms.tables import texts

NEWS = {Outcome.OPTED_OUT: LEFT, Outcome.JOINED: JOINED, Outcome.OPTED_IN: JOINED}


def token() -> str:
    """12 characters that nobody guesses."""
    return secrets.token_urlsafe(9)


@dataclass(slots=True)
class Work:
    """What has been decided so far, and is to be written."""

    before: Mapping[Conversation, Member]
    members: dict[Conversation, Member]
    outgoing: list[Outgoing] = field(default_factory=list)
    tags: list[tuple[str, str, str]] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    news: list[Change] = field(default_factory=list)
    left: list[Conversation] = field(default_factory=list)
    everywhere: list[Incoming] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)


def work(
    conn: Connection,
    incoming: Sequence[Incoming],
    leaders: Mapping[str, Leader],
    now: datetime,
    tokens: Tokens = token,
    ready: Callable[[Member | None, Word | None], bool] = lambda member, word: True,
) -> Counter[str]:
    """Decide on these texts, in order, and write all of it; outcomes by how many.

    Texts that are not `ready` are left as they are.
    """
    loaded = members.load(conn, {(text.leader, text.member) for text in incoming})
    done = Work(loaded, dict(loaded))
    for text in incoming:
        leader, conversation = leaders[text.leader], (text.leader, text.member)
        member = done.members.get(conversation)
        word = recognise(text.body, leader.locale, member)
        if ready(member, word):
            _take(done, leader, text, decide(leader, member, text, word, tokens))
    _write(conn, done, now)
    return Counter(outcome.value for outcome in done.outcomes.values())


def answer_at_once(
    conn: Connection, incoming: Sequence[Incoming], leaders: Mapping[str, Leader], now: datetime
) -> Counter[str]:
    """The same for texts that overtook all others: only those that say the same whatever came before them."""
    return work(conn, incoming, leaders, now, ready=at_once)


def _take(done: Work, leader: Leader, text: Incoming, decision: Decision) -> None:
    conversation = text.leader, text.member
    done.outcomes[text.id] = decision.outcome
    if decision.member is not None:
        done.members[conversation] = decision.member
    if decision.outcome is Outcome.OPTED_OUT:
        done.left.append(conversation)
        done.outgoing = [_revoked(one, conversation) for one in done.outgoing]
    if decision.everywhere:
        done.everywhere.append(text)
    done.outgoing += [
        Outgoing(f"{answer.name}:{text.key}", *conversation, text.our_number, answer.lane, answer.body, text.key)
        for answer in decision.answers
    ]
    done.tags += [(text.leader, tag, text.member) for tag in decision.tags]
    if (consent := consent_of(leader, text, decision)) is not None:
        done.consents.append(consent)
    if decision.outcome in NEWS:
        done.news.append(Change(text.key, *conversation, NEWS[decision.outcome], text.at))


def _revoked(one: Outgoing, conversation: Conversation) -> Outgoing:
    """An answer of this very transaction to somebody who then left."""
    mine = (one.leader, one.member) == conversation and one.lane is not Lane.CONFIRMATION
    return replace(one, revoked=True) if mine else one


def _write(conn: Connection, done: Work, now: datetime) -> None:
    changed = [member for key, member in done.members.items() if member is not done.before.get(key)]
    changed = persons.linked(conn, changed, now)
    unread = {
        (one.leader, one.number): one.unread - (old.unread if (old := done.before.get((one.leader, one.number))) else 0)
        for one in changed
    }
    members.save(conn, changed, unread)
    members.tag(conn, done.tags)
    record(conn, done.consents)
    done.left += [conversation for text in done.everywhere for conversation in _leave_others(conn, done, text)]
    revoke(conn, done.left, now)
    queue(conn, done.outgoing, now)
    _tell(conn, done)
    _settle(conn, done.outcomes, now)


def _leave_others(conn: Connection, done: Work, text: Incoming) -> list[Conversation]:
    """The conversations that somebody who wants no more of anybody has with other leaders.

    Each row is waited for: whoever works on it has finished before.
    """
    others = members.leave_all(conn, text.member, text.leader, text.at)
    done.news += [Change(f"{text.key}@{leader}", leader, number, LEFT, text.at) for leader, number in others]
    return others


def _tell(conn: Connection, done: Work) -> None:
    persons_of = {key: member.person for key, member in done.members.items()}
    announce(conn, (replace(one, person=persons_of.get((one.leader, one.number))) for one in done.news))


def _settle(conn: Connection, outcomes: Mapping[int, Outcome], now: datetime) -> None:
    if outcomes:
        dialect = conn.dialect.name
        rows = [{"id": id, "reason": outcome.value} for id, outcome in sorted(outcomes.items())]
        conn.execute(_settled(dialect), {"rows": encoded(dialect, rows), "now": now})


@cache
def _settled(dialect: str) -> Any:
    given = table_of(dialect, {"id": BigInteger(), "reason": TEXT})
    mine = texts.c.id == given.c.id
    moved = {"state": TextState.SETTLED.value, "reason": given.c.reason}
    statement = update(texts).where(mine, texts.c.state == TextState.RECEIVED.value)
    return statement.values(**moved, changed_at=bindparam("now", type_=Timestamp))
