"""What is known of texts that left: outcomes and receipts, written so that nothing goes back (see `progress`).

Functions on a connection inside somebody's transaction; they commit nothing. Receipts are matched by the carrier and
its name for the piece. One that comes before the carrier's answer waits in `sms_early_receipts` until that comes.
Whoever writes locks the texts first, in the order of their keys: two writers that meet cannot lock each other out.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Insert, Update, and_, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from actors.carrier.port import Receipt, ReceiptState
from actors.database import Connection, Timestamp
from actors.database.rows import NUMBER, TEXT, Columns, encoded, table_of
from actors.database.statements import insert_or_ignore
from apps.sms.outbound.ids import variants
from apps.sms.outbound.progress import RANKS, advance, whole
from apps.sms.states import TextState
from apps.sms.tables import early_receipts, parts, texts

#: What became of receipts, for counts.
APPLIED, DUPLICATE, EARLY = "applied", "duplicate", "early"
#: Texts that left, of which pieces tell.
LEFT = tuple(state.value for state in RANKS[RANKS.index(TextState.IN_DOUBT) :])
_CODE = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A piece as it stands."""

    text: str
    number: int
    carrier: str
    carrier_id: str | None
    state: TextState
    code: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A text that was handed over, all of it, or as far as it got: `state` by its pieces."""

    key: str
    state: TextState
    reason: str | None = None


def lock(conn: Connection, keys: Collection[str]) -> None:
    """These texts until the transaction ends. On SQLite there is one writer anyway."""
    if keys:
        conn.execute(select(texts.c.id).where(texts.c.key.in_(sorted(keys))).order_by(texts.c.key).with_for_update())


def record(conn: Connection, found: Sequence[Part], now: datetime) -> list[Part]:
    """Write what the carrier answered; the same with the receipts that were there before."""
    known = _with_early(conn, found)
    rows = [
        {
            "text": one.text,
            "number": one.number,
            "carrier": one.carrier,
            "carrier_id": one.carrier_id,
            "state": one.state.value,
            "code": one.code[:_CODE] or None,
        }
        for one in known
    ]
    if rows:
        dialect = conn.dialect.name
        conn.execute(_recording(dialect), {"rows": encoded(dialect, rows), "now": now})
    return known


def end(conn: Connection, ended: Sequence[Ended], now: datetime) -> int:
    """Texts that were claimed are handed, in doubt or at their end; how many of them were claimed."""
    if not ended:
        return 0
    dialect = conn.dialect.name
    rows = [{"key": one.key, "state": one.state.value, "reason": one.reason} for one in ended]
    return conn.execute(_ending(dialect), {"rows": encoded(dialect, rows), "now": now}).rowcount


def apply(conn: Connection, receipts: Sequence[Receipt], now: datetime) -> Counter[str]:
    """What became of the receipts. Those of pieces that nobody knows (yet) are kept."""
    lock(conn, {part.text for part in _match(conn, receipts).values()})
    matched = _match(conn, receipts)
    unknown = [receipt for receipt in receipts if id(receipt) not in matched]
    counts = Counter({EARLY: len(unknown)})
    _keep(conn, unknown, now)
    before = {(part.text, part.number): part for part in matched.values()}
    after = dict(before)
    for receipt in receipts:
        if (part := matched.get(id(receipt))) is None:
            continue
        name = (part.text, part.number)
        state = advance(after[name].state, receipt.state)
        counts[APPLIED if state is not after[name].state else DUPLICATE] += 1
        code = receipt.code if state is not after[name].state else after[name].code
        after[name] = replace(after[name], state=state, code=code)
    changed = [part for name, part in after.items() if part.state is not before[name].state]
    _write(conn, changed, now)
    refresh(conn, {part.text for part in changed}, now)
    return +counts


def correct(conn: Connection, answers: Sequence[Part], now: datetime) -> int:
    """The carrier answered after all: pieces in doubt are what it said. How many texts moved."""
    changed: dict[str, Any] = {"carrier_id": bindparam("called"), "state": bindparam("to"), "code": bindparam("with")}
    doubted = (parts.c.text == bindparam("of")) & (parts.c.number == bindparam("nth"))
    statement = update(parts).where(doubted, parts.c.state == TextState.IN_DOUBT.value)
    rows = [
        {"of": one.text, "nth": one.number, "called": one.carrier_id, "to": one.state.value, "with": one.code[:_CODE]}
        for one in answers
    ]
    if not rows:
        return 0
    lock(conn, {one.text for one in answers})
    conn.execute(statement.values(**changed, changed_at=now), rows)
    return refresh(conn, {one.text for one in answers}, now)


def refresh(conn: Connection, keys: Collection[str], now: datetime) -> int:
    """Bring texts to where their pieces are; those that did not leave yet stay. How many moved."""
    if not keys:
        return 0
    found: dict[str, list[Part]] = {}
    for part in _parts(conn, parts.c.text.in_(sorted(keys))):
        found.setdefault(part.text, []).append(part)
    dialect = conn.dialect.name
    rows = [
        {"key": key, "state": state.value, "reason": None if state is TextState.DELIVERED else _reason(some, state)}
        for key, some in found.items()
        for state in [whole(part.state for part in some)]
    ]
    return conn.execute(_moving(dialect), {"rows": encoded(dialect, rows), "now": now}).rowcount if rows else 0


def catch_up(conn: Connection, now: datetime, most: int, since: timedelta) -> Counter[str]:
    """Apply early receipts whose answer came in the same moment as they did; the rest stays."""
    rows = conn.execute(
        select(early_receipts).where(early_receipts.c.at > now - since).order_by(early_receipts.c.at).limit(most)
    )
    receipts = [
        Receipt(row.carrier, row.carrier_id, ReceiptState(row.state), row.code, row.at, row.opted_out) for row in rows
    ]
    matched = _match(conn, receipts)
    known = [receipt for receipt in receipts if id(receipt) in matched]
    if not known:
        return Counter()
    _drop(conn, known)
    return apply(conn, known, now)


def forget(conn: Connection, before: datetime) -> int:
    """Receipts of pieces that nobody ever knew; how many were forgotten."""
    return conn.execute(delete(early_receipts).where(early_receipts.c.at < before)).rowcount


def opted_out(conn: Connection, receipts: Iterable[Receipt]) -> list[tuple[str, str, str, str, str]]:
    """(leader, member, key, carrier, code) of texts whose receipts say that their members want no more."""
    said = [receipt for receipt in receipts if receipt.opted_out]
    matched = _match(conn, said)
    codes = {matched[id(one)].text: one for one in said if id(one) in matched}
    if not codes:
        return []
    rows = conn.execute(select(texts.c.leader, texts.c.member, texts.c.key).where(texts.c.key.in_(sorted(codes))))
    return [(leader, member, key, codes[key].carrier, codes[key].code) for leader, member, key in rows]


# --- within -----------------------------------------------------------------------------------------------------------


def _with_early(conn: Connection, found: Sequence[Part]) -> list[Part]:
    named = [part for part in found if part.carrier_id]
    waiting = _early(conn, named)
    used: list[Receipt] = []
    known = []
    for part in found:
        for receipt in waiting.get((part.carrier, part.carrier_id or ""), ()):
            state = advance(part.state, receipt.state)
            part = replace(part, state=state, code=receipt.code if state is not part.state else part.code)
            used.append(receipt)
        known.append(part)
    _drop(conn, used)
    return known


def _early(conn: Connection, named: Sequence[Part]) -> dict[tuple[str, str], list[Receipt]]:
    """Receipts that wait for these pieces, by carrier and its name in the answer."""
    asked: dict[tuple[str, str], tuple[str, str]] = {}
    for part in named:
        for written in variants(part.carrier_id or ""):
            asked.setdefault((part.carrier, written), (part.carrier, part.carrier_id or ""))
    if not asked or conn.execute(select(early_receipts.c.carrier).limit(1)).first() is None:
        return {}
    found: dict[tuple[str, str], list[Receipt]] = {}
    place = tuple_(early_receipts.c.carrier, early_receipts.c.carrier_id)
    for row in conn.execute(select(early_receipts).where(place.in_(sorted(asked)))):
        receipt = Receipt(row.carrier, row.carrier_id, ReceiptState(row.state), row.code, row.at, row.opted_out)
        found.setdefault(asked[row.carrier, row.carrier_id], []).append(receipt)
    return found


def _match(conn: Connection, receipts: Sequence[Receipt]) -> dict[int, Part]:
    """By `id()` of the receipt, the piece that it is about."""
    asked = {(receipt.carrier, written) for receipt in receipts for written in variants(receipt.carrier_id)}
    if not asked:
        return {}
    known = {
        (part.carrier, part.carrier_id): part
        for part in _parts(conn, tuple_(parts.c.carrier, parts.c.carrier_id).in_(sorted(asked)))
    }
    found = {}
    for receipt in receipts:
        for written in variants(receipt.carrier_id):
            if (part := known.get((receipt.carrier, written))) is not None:
                found[id(receipt)] = part
                break
    return found


def _parts(conn: Connection, condition: Any) -> list[Part]:
    statement = select(parts).where(condition).order_by(parts.c.text, parts.c.number)
    return [
        Part(row.text, row.number, row.carrier, row.carrier_id, TextState(row.state), row.code or "")
        for row in conn.execute(statement)
    ]


def _keep(conn: Connection, receipts: Sequence[Receipt], now: datetime) -> None:
    rows = [
        {
            "carrier": receipt.carrier,
            "carrier_id": receipt.carrier_id,
            "state": receipt.state.value,
            "code": receipt.code[:_CODE],
            "opted_out": receipt.opted_out,
            "at": now,
        }
        for receipt in receipts
    ]
    if rows:
        conn.execute(insert_or_ignore(conn, early_receipts, ("carrier", "carrier_id", "state")), rows)


def _drop(conn: Connection, receipts: Sequence[Receipt]) -> None:
    if receipts:
        place = tuple_(early_receipts.c.carrier, early_receipts.c.carrier_id)
        gone = sorted({(receipt.carrier, receipt.carrier_id) for receipt in receipts})
        conn.execute(delete(early_receipts).where(place.in_(gone)))


def _write(conn: Connection, changed: Sequence[Part], now: datetime) -> None:
    if changed:
        conn.execute(
            update(parts)
            .where(parts.c.text == bindparam("of"), parts.c.number == bindparam("nth"))
            .values(state=bindparam("to"), code=bindparam("with"), changed_at=now),
            [
                {"of": part.text, "nth": part.number, "to": part.state.value, "with": part.code[:_CODE] or None}
                for part in changed
            ],
        )


def _reason(some: Sequence[Part], state: TextState) -> str | None:
    codes = sorted({part.code for part in some if part.state is state and part.code})
    return ", ".join(codes) or None


_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_PART: Columns = {**dict.fromkeys(("text", "carrier", "carrier_id", "state", "code"), TEXT), "number": NUMBER}


@cache
def _recording(dialect: str) -> Insert:
    given = table_of(dialect, _PART).c
    row: dict[str, Any] = {name: given[name] for name in _PART}
    row["changed_at"] = bindparam("now", type_=Timestamp)
    # SQLite takes ON CONFLICT for a join unless something follows the table.
    insert: Any = _INSERTS[dialect](parts).from_select(list(row), select(*row.values()).order_by(given.text))
    written: Insert = insert.on_conflict_do_nothing(index_elements=[parts.c.text, parts.c.number])
    return written


_ENDED: Columns = {"key": TEXT, "state": TEXT, "reason": TEXT}


@cache
def _ending(dialect: str) -> Update:
    given = table_of(dialect, _ENDED).c
    now = bindparam("now", type_=Timestamp)
    return (
        update(texts)
        .where(texts.c.key == given.key, texts.c.state == TextState.CLAIMED.value)
        .values(state=given.state, reason=given.reason, changed_at=now, handed_at=func.coalesce(texts.c.handed_at, now))
    )


@cache
def _moving(dialect: str) -> Update:
    given = table_of(dialect, _ENDED).c
    return (
        update(texts)
        .where(and_(texts.c.key == given.key, texts.c.state.in_(LEFT), texts.c.state != given.state))
        .values(state=given.state, reason=given.reason, changed_at=bindparam("now", type_=Timestamp))
    )
