from datetime import timedelta

from sqlalchemy import Engine, func, inspect, select

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
