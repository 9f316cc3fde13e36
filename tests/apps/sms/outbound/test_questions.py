"""Which texts carriers are asked for, on SQLite, and what their operator sees of it."""

from datetime import datetime, timedelta

from actors.carrier.party import party
from actors.carrier.port import Named
from actors.database import Connection
from apps.sms.outbound import known, lookup, questions
from tests.apps.sms.outbound.test_known import NOW, conn, hand, receipt
from tests.apps.sms.outbound.world import OURS

__all__ = ["conn"]

SIM = frozenset({"sim"})
PAUSE = timedelta(minutes=10)
OLD = NOW - timedelta(hours=7)
STUCK = NOW - timedelta(hours=6)
SINCE = NOW - timedelta(days=7)


def find(conn: Connection, carriers: frozenset[str] = SIM) -> datetime:
    return questions.find(conn, carriers, SINCE, STUCK, NOW)


def due(conn: Connection, now: datetime = NOW) -> list[str]:
    return [one.named.carrier_id for one in questions.due(conn, "sim", now, 10)]


def test_what_got_stuck_is_due_with_the_number_it_was_sent_from(conn: Connection) -> None:
    hand(conn, "old", "x1", "x2", at=OLD)
    hand(conn, "done", "y1", at=OLD)
    hand(conn, "doubt", None, at=OLD)
    hand(conn, "new", "z1")
    hand(conn, "ancient", "a1", at=NOW - timedelta(days=8))
    known.apply(conn, [receipt("y1"), receipt("x2")], NOW)
    assert due(conn) == []
    assert find(conn, frozenset({"other"})) == STUCK and due(conn) == []
    assert find(conn) == STUCK
    (one,) = questions.due(conn, "sim", NOW, 10)
    assert one == questions.Stuck("old", 1, Named("x1", party(OURS)), 0)
    assert questions.due(conn, "other", NOW, 10) == []


def test_each_question_waits_twice_as_long_until_the_end_is_unknown(conn: Connection) -> None:
    hand(conn, "old", "x1", at=OLD)
    find(conn)
    now, waits = NOW, []
    for _ in range(3):
        found = questions.due(conn, "sim", now, 10)
        questions.asked(conn, found, PAUSE, now)
        before = now
        while not due(conn, now):
            now += timedelta(minutes=10)
        waits.append((now - before) // PAUSE)
        assert [(row["asked"], row["end"]) for row in lookup.stuck(conn, NOW, 6.0, 10)] == [(len(waits), "asked")]
    assert waits == [1, 2, 4]
    questions.give_up(conn, questions.due(conn, "sim", now, 10))
    (row,) = lookup.stuck(conn, NOW, 6.0, 10)
    assert (row["asked"], row["end"], row["state"]) == (3, "unknown", "handed")
    find(conn)
    assert due(conn, now + timedelta(days=30)) == []
    known.apply(conn, [receipt("x1")], NOW)
    assert lookup.stuck(conn, NOW, 6.0, 10) == []


def test_somebody_may_have_it_asked_anew(conn: Connection) -> None:
    hand(conn, "old", "x1", at=NOW - timedelta(days=8))
    hand(conn, "older", "x2", at=NOW - timedelta(days=9))
    hand(conn, "new", "z1")
    questions.asked(conn, [questions.Stuck("old", 1, Named("x1", party(OURS)), 4)], PAUSE, NOW)
    assert [row["end"] for row in lookup.stuck(conn, NOW, 6.0, 10)] == ["open", "asked"]
    assert questions.again(conn, STUCK, 1, NOW) == 1 and due(conn) == ["x2"]
    assert questions.again(conn, STUCK, 10, NOW) == 2 and sorted(due(conn)) == ["x1", "x2"]
    assert [row["asked"] for row in lookup.stuck(conn, NOW, 6.0, 10)] == [0, 0]


def test_many_are_found_step_by_step(conn: Connection) -> None:
    for number in range(questions.MOST + 1):
        hand(conn, f"t{number}", f"x{number}", at=OLD + timedelta(milliseconds=number))
    after = find(conn)
    assert OLD < after < STUCK
    assert questions.find(conn, SIM, after, STUCK, NOW) == STUCK
    assert len(questions.due(conn, "sim", NOW, 2 * questions.MOST)) == questions.MOST + 1
