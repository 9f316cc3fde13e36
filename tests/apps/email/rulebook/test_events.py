"""Events, rules and shadows as rows, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from actors.database.engine import open_engine
from apps.email import ledger
from apps.email.config import Email
from apps.email.ledger import Claim
from apps.email.rulebook import shadows
from apps.email.rulebook.book import history, latest, write
from apps.email.rulebook.events import ahead, between, keep, prune, received_at
from apps.email.rulebook.replay import replay
from apps.email.rulebook.shadows import Shadow
from apps.email.rulebook.tables import EVENTS
from apps.email.rules import Decided, decide
from apps.email.templates import Templates
from apps.email.trace import Trace
from tests.actors.database.things import QUICK
from tests.apps.email.deciding import event

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_AGO, FAR = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def test_many_events_are_read_in_their_order_and_old_ones_forgotten(engine: Engine) -> None:
    with engine.begin() as conn:
        for number in range(3):
            at = NOON.timestamp() + number // 2
            keep(conn, [(event(f"{number}-{one:03}"), at) for one in range(400)])
        shadows.keep(conn, [Shadow("k" * 40, "r", "p", b"mail")], NOON.timestamp())
    with engine.begin() as conn:
        found = [one.id for _, one in between(conn, NOON, NOON + HOUR, ["password_reset"])]
        assert found == sorted(found) and len(found) == 1200
        assert len(list(between(conn, NOON + timedelta(seconds=1), NOON + HOUR, ["password_reset"]))) == 400
        assert prune(conn, NOON) == 0
        assert prune(conn, NOON + 24 * HOUR) == 2, "one day, and one mail in the shadow"
        assert list(between(conn, NOON, NOON + HOUR, ["password_reset"])) == []
        assert prune(conn, NOON + 24 * HOUR) == 0


def test_they_are_read_over_midnight_and_forgotten_day_by_day(engine: Engine) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    minutes = range(-800, 800)
    with engine.begin() as conn:
        for start in range(0, len(minutes), 400):
            page = minutes[start : start + 400]
            keep(conn, [(event(f"{number + 1000:04}"), midnight.timestamp() + 60 * number) for number in page])
    berlin = timezone(timedelta(hours=1))
    with engine.begin() as conn:
        found = [one.id for _, one in between(conn, LONG_AGO, FAR, ["password_reset"])]
        assert found == [f"{number + 1000:04}" for number in minutes]
        some = list(between(conn, (midnight - HOUR).astimezone(berlin), midnight + HOUR, ["password_reset"]))
        assert [one.id for _, one in some] == [f"{number:04}" for number in range(940, 1060)]
        assert prune(conn, midnight) == 1
        assert next(between(conn, LONG_AGO, FAR, ["password_reset"]))[0] == midnight


def test_the_same_event_on_the_same_day_is_kept_once(engine: Engine) -> None:
    """What comes again has the time of its first coming."""
    now = NOON.timestamp()
    assert received_at(now - 5, now) == received_at(now - 5, now + 60) == now - 5
    assert received_at(None, now) == received_at(now + 1, now) == received_at(0.0, now) == now
    with engine.begin() as conn:
        for at in (now, now, now + 60):
            keep(conn, [(event(1), at), (event(1), at)])
        assert [at for at, _ in between(conn, NOON, NOON + HOUR, ["password_reset"])] == [NOON]


def test_the_days_to_come_have_their_partitions(engine: Engine) -> None:
    with engine.begin() as conn:
        for _ in range(2):
            ahead(conn, NOON.timestamp())
        names = set(inspect(conn).get_table_names())
        expected = conn.dialect.name == "postgresql"
        assert ({"email_events_2026_11_22", "email_events_2026_11_23"} <= names) is expected


def test_a_span_is_read_by_the_index(engine: Engine) -> None:
    """Neither engine looks at the other days, or at the rest of the day."""
    with engine.begin() as conn:
        for day in range(4):
            at = NOON.timestamp() + day * 86_400
            keep(conn, [(event(f"{day}-{number}"), at + number) for number in range(8000 if day == 2 else 500)])
        conn.exec_driver_sql("ANALYZE")
    asked: list[tuple[str, Any]] = []
    listen(engine, "before_cursor_execute", lambda conn, cursor, sql, values, *_: asked.append((sql, values)))
    with engine.begin() as conn:
        start = NOON + timedelta(days=2, seconds=100)
        assert len(list(between(conn, start, start + timedelta(seconds=700), ["password_reset"]))) == 700
        reads = asked[:2]
        prefix = "EXPLAIN " if conn.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        for sql, values in reads:
            plan = "\n".join(str(tuple(row)) for row in conn.exec_driver_sql(prefix + sql, values))
            assert "Seq Scan" not in plan and "SCAN" not in plan, plan
            assert "received" in plan, plan
            if conn.dialect.name == "postgresql":
                assert "2026_11_24" in plan and "2026_11_23" not in plan, plan


def test_the_last_version_of_each_rule_counts(engine: Engine) -> None:
    with engine.begin() as conn:
        for number, rule in enumerate(({"a": 1}, {"a": 2}, None)):
            write(conn, "first", rule, "ada", f"note {number}", NOON.timestamp())
        write(conn, "second", {"b": 1}, "bob", "", NOON.timestamp())
        assert [(one.name, one.version, one.rule) for one in latest(conn)] == [
            ("first", 3, None),
            ("second", 1, {"b": 1}),
        ]
        assert [one.rule for one in history(conn, "first")] == [None, {"a": 2}, {"a": 1}]
        assert history(conn, "first")[0].changed_at == NOON


def test_a_replay_of_what_left_no_mail_calls_all_of_it_new(engine: Engine, config: Email, own: Templates) -> None:
    with engine.begin() as conn:
        keep(conn, [(event(1), NOON.timestamp()), (event(2), NOON.timestamp())])
        found = replay(conn, config, own, NOON, NOON + HOUR, limit=1)
    assert (found["events"], found["new"], len(found["differences"])) == (2, 2, 1)


def test_a_day_that_somebody_reads_is_forgotten_later(engine: Engine) -> None:
    """Whoever would drop it gives way soon: those who write the events of now would wait behind."""
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as conn:
        keep(conn, [(event(1), NOON.timestamp())])
    with engine.begin() as reading:
        reading.execute(select(EVENTS))
        with pytest.raises(OperationalError, match="lock timeout"), engine.begin() as conn:
            prune(conn, NOON + 24 * HOUR)
        with engine.begin() as conn:
            keep(conn, [(event(2), NOON.timestamp())])
    with engine.begin() as conn:
        assert prune(conn, NOON + 24 * HOUR) == 1


def test_a_replay_finds_the_mails_of_its_events_by_an_index(engine: Engine, config: Email, own: Templates) -> None:
    events = [event(number) for number in range(5000)]
    with engine.begin() as conn:
        for start in range(0, 5000, 500):
            some = [decide(one, config, own) for one in events[start : start + 500]]
            jobs = [job for decided in some if isinstance(decided, Decided) for job in decided.jobs]
            claims = [Claim(job, "<x@example.org>", "en", Trace()) for job in jobs]
            ledger.claim(conn, claims, "me", NOON.timestamp())
        keep(conn, [(one, NOON.timestamp()) for one in events[:5]])
        conn.exec_driver_sql("ANALYZE")
    asked: list[tuple[str, Any]] = []
    listen(engine, "before_cursor_execute", lambda conn, cursor, sql, values, *_: asked.append((sql, values)))
    with engine.begin() as conn:
        assert replay(conn, config, own, NOON, NOON + HOUR)["same"] == 5
        (sql, values) = next(one for one in asked if "email_ledger" in one[0])
        prefix = "EXPLAIN " if conn.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        plan = "\n".join(str(tuple(row)) for row in conn.exec_driver_sql(prefix + sql, values))
    assert "email_ledger_event" in plan, plan


def test_many_that_need_a_new_day_at_once_make_it_once(engine: Engine) -> None:
    """All of them look before the first one has made it."""
    together = threading.Barrier(4, timeout=10)
    real = open_engine(engine.url, QUICK.model_copy(update={"acquire_timeout_seconds": 10.0, "pool_size": 4}))

    def one(number: int) -> None:
        with real.begin() as conn:
            conn.execute(select(func.to_regclass("email_events_2026_11_22")))
            together.wait()
            keep(conn, [(event(number), NOON.timestamp())])

    if engine.dialect.name == "postgresql":
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(one, range(4)))
        with real.begin() as conn:
            assert len(list(between(conn, NOON, NOON + HOUR, ["password_reset"]))) == 4
    real.dispose()
