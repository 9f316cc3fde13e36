"""Leaders and what the hub goes by for each: words, sign-up, keywords. Functions over a connection; any thread.

`Leaders` remembers what is parsed already, by the version in the leader's row; one per thread.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from actors.database import Connection
from apps.people import place
from apps.people.errors import Refused
from apps.sms.errors import SmsError
from apps.sms.hub.member import Keyword, Leader, said
from apps.sms.hub.sign_up import SignUp, sign_up
from apps.sms.hub.words import recognise
from apps.sms.tables import keywords, leaders, numbers

#: Leaders remembered by one thread; past that it begins anew.
MOST = 10_000


class WrongLeader(SmsError):
    """A leader is at home nowhere that is known."""

    title = "A leader cannot be so"


class UnknownLeader(SmsError):
    """There is no leader of that name."""

    title = "No such leader"
    status = 404
    exit_code = 66


def hold(conn: Connection, ids: Collection[str], *, waiting: bool = True) -> list[str]:
    """Be the only one who decides over conversations of these leaders until the end of the transaction; who they are.

    With `waiting=False` those that somebody else holds are left out. SQLite has one writer anyway.
    """
    statement = select(leaders.c.id).where(leaders.c.id.in_(sorted(ids))).order_by(leaders.c.id)
    return list(conn.scalars(statement.with_for_update(key_share=True, skip_locked=not waiting)))


class Leaders:
    """What was read of leaders, kept while it is true. Its owner's thread only."""

    def __init__(self) -> None:
        self._known: dict[str, Leader] = {}

    def read(self, conn: Connection, ids: Collection[str]) -> Mapping[str, Leader]:
        """These leaders as they are now; one statement as long as nothing changed."""
        columns = leaders.c.id, leaders.c.version
        versions = {row.id: row.version for row in conn.execute(select(*columns).where(leaders.c.id.in_(sorted(ids))))}
        stale = [id for id, version in versions.items() if self._version(id) != version]
        if len(self._known) > MOST:
            self._known.clear()
            stale = list(versions)
        if stale:
            self._known.update(_load(conn, stale))
        return {id: self._known[id] for id in versions}

    def _version(self, id: str) -> int | None:
        known = self._known.get(id)
        return known.version if known else None


def _load(conn: Connection, ids: Sequence[str]) -> dict[str, Leader]:
    words: dict[str, dict[str, Keyword]] = {id: {} for id in ids}
    for row in conn.execute(select(keywords).where(keywords.c.leader.in_(ids))):
        words[row.leader][row.word] = Keyword(row.answer, row.tag)
    rows = conn.execute(select(leaders).where(leaders.c.id.in_(ids)))
    return {row.id: _leader(row, words[row.id]) for row in rows}


def _leader(row: Row[Any], words: Mapping[str, Keyword]) -> Leader:
    return Leader(row.id, row.name, SignUp.model_validate(row.sign_up), row.locale, words, row.version)


# --- what the command line does --------------------------------------------------------------------------------------


def put(
    conn: Connection,
    id: str,
    name: str,
    words: Mapping[str, Any] | None,
    now: datetime,
    locale: str | None = None,
    time_zone: str | None = None,
) -> bool:
    """Add a leader, or change one, who keeps what is None here; whether it is new. Raises WrongSignUp, WrongLeader."""
    said = {
        "name": name,
        "sign_up": None if words is None else sign_up(words).model_dump(mode="json"),
        "locale": None if locale is None else _placed("locale", place.locale, locale),
        "time_zone": None if time_zone is None else _placed("time_zone", place.time_zone, time_zone),
    }
    values = {column: value for column, value in said.items() if value is not None}
    change = update(leaders).where(leaders.c.id == id).values(version=leaders.c.version + 1, **values)
    if conn.execute(change).rowcount:
        return False
    values.setdefault("sign_up", sign_up({}).model_dump(mode="json"))
    conn.execute(leaders.insert().values(id=id, version=1, created_at=now, **values))
    return True


def _placed(field: str, read: Callable[[str], str], value: str) -> str:
    """As it is kept. Raises WrongLeader."""
    try:
        return read(value)
    except Refused as error:
        raise WrongLeader(f"{error.reason}: {value!r}", field=field) from error


def touched(conn: Connection, id: str) -> None:
    """What the hub goes by has changed. Raises UnknownLeader."""
    if not conn.execute(update(leaders).where(leaders.c.id == id).values(version=leaders.c.version + 1)).rowcount:
        raise UnknownLeader(f"there is no leader {id!r}", field="leader")


def row_of(conn: Connection, id: str) -> Row[Any]:
    """Raises UnknownLeader."""
    found = conn.execute(select(leaders).where(leaders.c.id == id)).one_or_none()
    if found is None:
        raise UnknownLeader(f"there is no leader {id!r}", field="leader")
    return found


def set_keyword(conn: Connection, leader: str, word: str, keyword: Keyword) -> str:
    """The word as it is compared. Raises UnknownLeader, and SmsError for a word that is none."""
    compared = said(word)
    if not 0 < len(compared) <= 64:
        raise SmsError("a keyword has 1 to 64 characters besides marks", field="word")
    if recognise(compared, row_of(conn, leader).locale, None) is not None:
        raise SmsError(f"{compared!r} is a word to leave, to come back or for help, which comes first", field="word")
    touched(conn, leader)
    remove_keyword(conn, leader, compared)
    values = {"leader": leader, "word": compared, "answer": keyword.answer, "tag": keyword.tag}
    conn.execute(keywords.insert().values(values))
    return compared


def remove_keyword(conn: Connection, leader: str, word: str) -> bool:
    """Whether there was one. Raises UnknownLeader."""
    touched(conn, leader)
    gone = keywords.delete().where(keywords.c.leader == leader, keywords.c.word == said(word))
    return bool(conn.execute(gone).rowcount)


def numbers_of(conn: Connection, leader: str) -> Sequence[Row[Any]]:
    """Our numbers that are this leader's, the oldest first."""
    own = select(numbers).where(numbers.c.leader == leader).order_by(numbers.c.created_at, numbers.c.number)
    return conn.execute(own).all()
