"""A conversation without a broker: texts are stored as the pipeline stores them, and worked on as the hub does."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from apps.sms.hub import leaders, members, waiting
from apps.sms.hub.member import Incoming, Member
from apps.sms.hub.storing import Arrival, owners, store
from apps.sms.hub.working import answer_at_once, work
from apps.sms.tables import numbers, texts

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OURS, BOBS = "+15550001000", "+15550002000"
MARY, JOHN = "+15552000001", "+15552000002"
QUESTIONS: dict[str, Any] = {
    "mode": "questions",
    "welcome": "Hi, this is {leader}!",
    "questions": [
        {"name": "name", "ask": "What is your name?"},
        {"name": "born", "ask": "Which year were you born in, {name}?", "kind": "number", "invalid": "A year, please."},
    ],
    "done": "Thanks, {name}!",
    "contact": "help@ada.example",
}


def lead(engine: Engine, id: str = "ada", number: str = OURS, **sign_up: Any) -> None:
    """A leader with a number."""
    with engine.begin() as conn:
        leaders.put(conn, id, id.title(), sign_up, NOW)
        values = {"number": number, "type": "e164", "leader": id, "carrier": "simulated", "created_at": NOW}
        conn.execute(numbers.insert().values(values))


def arrived(id: object, body: str, source: str = MARY, ours: str = OURS, second: float = 0.0) -> Arrival:
    return Arrival("simulated", str(id), source, ours, body, NOW + timedelta(seconds=second))


def put(engine: Engine, *arrivals: Arrival) -> list[Incoming]:
    """What the pipeline does with texts."""
    with engine.begin() as conn:
        return store(conn, arrivals, owners(conn, [one.destination for one in arrivals]), NOW)


def stop(engine: Engine, *arrivals: Arrival) -> Counter[str]:
    """What the pipeline does with texts that overtook all others."""
    with engine.begin() as conn:
        owner = owners(conn, [one.destination for one in arrivals])
        leaders.hold(conn, set(owner.values()))
        written = store(conn, arrivals, owner, NOW)
        return answer_at_once(conn, written, leaders.Leaders().read(conn, set(owner.values())), NOW)


def hub(engine: Engine, each: int = 100) -> Counter[str]:
    """One look of the hub."""
    with engine.begin() as conn:
        held = leaders.hold(conn, waiting.leaders_after(conn, "", 100), waiting=False)
        found = waiting.next_texts(conn, held, each)
        return work(conn, found, leaders.Leaders().read(conn, held), NOW)


def say(engine: Engine, *bodies: str, source: str = MARY, ours: str = OURS, start: int = 0) -> list[str]:
    """Texts one after the other, each worked on; what was answered to each, line by line."""
    answers = []
    for place, body in enumerate(bodies, start):
        put(engine, arrived(f"{source}-{place}", body, source, ours, second=place))
        hub(engine)
        answers.append("\n".join(row.body for row in out(engine, cause=f"in:simulated:{source}-{place}")))
    return answers


def out(engine: Engine, **where: Any) -> Sequence[Any]:
    """Texts out, in order."""
    return rows(engine, direction="out", **where)


def rows(engine: Engine, **where: Any) -> Sequence[Any]:
    with engine.connect() as conn:
        statement = select(texts).where(*(texts.c[name] == value for name, value in where.items()))
        return conn.execute(statement.order_by(texts.c.id)).all()


def member(engine: Engine, number: str = MARY, leader: str = "ada") -> Member:
    with engine.begin() as conn:
        return members.load(conn, [(leader, number)])[leader, number]
