from datetime import timedelta

from sqlalchemy import Engine, func, inspect, select, update
from sqlalchemy.event import listen

from apps.email.campaign import books, fanning, partitions, retention, sends
from apps.email.campaign.books import Books
from apps.email.campaign.sends import start_send
from apps.email.campaign.states import SendState
from apps.email.campaign.tables import CHUNKS, MAILS, PEOPLE
from tests.apps.email.campaign.fanned import fan_out
from tests.apps.email.campaign.world import NOW, order, people, running

TODAY = NOW.date()


def test_a_day_is_forgotten_when_all_its_sends_are_over_and_their_sums_stay(engine: Engine) -> None:
    with engine.begin() as conn:
        finished, _ = start_send(conn, order("spring"), NOW, 2)
        people(conn, 3)
    fan_out(engine, finished)
    with engine.begin() as conn:
        cancelled = running(conn, ["x", "y"], "autumn")
        later, _ = start_send(conn, order("later"), NOW + timedelta(days=30))
        assert retention.sweep(conn, TODAY + timedelta(days=40), 30) == 0
        sends.move(conn, cancelled.id, SendState.CANCELLED, NOW)
        assert retention.sweep(conn, TODAY + timedelta(days=30), 30) == 0
        assert retention.sweep(conn, TODAY + timedelta(days=31), 30) == 1
        assert retention.sweep(conn, TODAY + timedelta(days=31), 30) == 0
        for table in (PEOPLE, MAILS, CHUNKS):
            assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0
        assert books.of(conn, sends.load(conn, finished)) == Books(3, handed=3)
        assert books.of(conn, sends.load(conn, cancelled.id)) == Books(2, pending=2)
        assert fanning.active(conn) == [later]


def test_each_day_has_partitions_of_its_own_on_postgresql(engine: Engine) -> None:
    with engine.begin() as conn:
        for _ in range(2):
            partitions.ensure(conn, TODAY)
        names = set(inspect(conn).get_table_names())
        expected = conn.dialect.name == "postgresql"
        assert ({"email_send_mails_2026_11_22", "email_send_people_2026_11_22"} <= names) is expected


def test_tomorrows_partitions_are_there_today_and_orders_need_not_make_them(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as conn:
        partitions.ahead(conn, TODAY)
        assert partitions.days(conn) == [TODAY, TODAY + timedelta(days=1)]
    asked: list[str] = []
    listen(engine, "before_cursor_execute", lambda conn, cursor, sql, *_: asked.append(sql))
    with engine.begin() as conn:
        start_send(conn, order("tomorrow"), NOW + timedelta(days=1), 2)
    assert asked and not any("TABLE" in sql for sql in asked)


def test_a_new_partition_keeps_nobody_waiting_who_writes_or_reads(engine: Engine) -> None:
    """The campaign of today goes on, in a transaction that is open all the time."""
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as conn:
        running(conn, people(conn, 3))
    with engine.begin() as busy:
        busy.execute(update(MAILS).values(reason="x"))
        busy.execute(select(func.count()).select_from(PEOPLE))
        with engine.begin() as conn:
            conn.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            partitions.ensure(conn, TODAY + timedelta(days=7))
            assert TODAY + timedelta(days=7) in partitions.days(conn)


def test_forgetting_a_day_drops_its_partitions(engine: Engine) -> None:
    with engine.begin() as conn:
        send = running(conn, people(conn, 3))
        sends.move(conn, send.id, SendState.CANCELLED, NOW)
        assert partitions.days(conn) == [TODAY]
        assert retention.sweep(conn, TODAY + timedelta(days=91), 90) == 1
        assert partitions.days(conn) == []
        assert not {name for name in inspect(conn).get_table_names() if name.startswith("email_send_mails_")}
