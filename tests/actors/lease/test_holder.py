"""The lease's actor: granted once, renewed, given up in time, handed on promptly."""

import threading
from contextlib import ExitStack
from typing import Any, cast

import pytest
from sqlalchemy import URL

from actors.database import Database
from actors.lease import claim, tables
from actors.lease.holder import Lease
from actors.lease.messages import Held, Lost
from actors.lease.verbs import list_leases
from actors.lease.watch import Watch
from supervision import NORMAL, Actor, ChildSpec, Supervisor
from supervision.config import Settings
from supervision.testing import PATIENCE_SECONDS, Inbox, Probe, running
from supervision.verbs import NoParams, Site
from tests.actors.lease.things import NAME, SUBSCRIBER, database_of, database_spec, held, lease_spec, subscriber_spec
from tests.servers.postgresql import OwnPostgres


def take_by_force(database: Database) -> int:
    """As one who thinks that it has expired."""
    with database.begin() as connection:
        epoch = connection.execute(tables.read(NAME)).one().epoch
        claim.release(connection, NAME, epoch)
        return claim.take(connection, NAME, "another", 60_000_000, Watch(), 0) or 0


def test_it_is_held_renewed_and_released_at_the_end(database_url: URL) -> None:
    inbox = Inbox()
    with running(database_spec(database_url), subscriber_spec(inbox), lease_spec()) as app:
        database_of(app)
        first, second = held(inbox, 1), held(inbox, 1)
        assert second.deadline > first.deadline
        assert second.is_good(app.system.clock)
    assert inbox.expect(Lost).epoch == 1
    again = Inbox()
    with running(database_spec(database_url), subscriber_spec(again), lease_spec(term=60.0)) as app:
        database_of(app)
        held(again, 2)


def test_the_next_holder_begins_when_the_one_before_has_answered(database_url: URL) -> None:
    first, second = Inbox(), Inbox()
    with ExitStack() as ours, ExitStack() as theirs:
        one = ours.enter_context(running(database_spec(database_url), subscriber_spec(first), lease_spec(term=60.0)))
        database_of(one)
        held(first, 1)
        other = theirs.enter_context(
            running(database_spec(database_url), subscriber_spec(second), lease_spec(term=60.0))
        )
        database_of(other)
        ours.close()
        assert first.expect(Lost).epoch == 1
        held(second, 2)  # within seconds, not a term


def test_who_was_replaced_hears_of_it(database_url: URL) -> None:
    inbox = Inbox()
    with running(database_spec(database_url), subscriber_spec(inbox), lease_spec()) as app:
        database = database_of(app)
        held(inbox, 1)
        assert take_by_force(database) == 2
        lost = inbox.expect(Lost)
        assert (lost.epoch, lost.reason) == (1, "another holder was granted it")


class Deaf(Actor):
    """A subscriber that never answers `Lost`."""

    def __init__(self, inbox: Inbox, free: threading.Event) -> None:
        super().__init__()
        self.inbox, self.free = inbox, free

    def on_receive(self, message: Any) -> None:
        self.inbox.put(message)
        if isinstance(message, Lost):
            self.free.wait(PATIENCE_SECONDS)


def test_it_is_not_released_for_whom_nobody_knows_to_have_stopped(
    sqlite_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.lease.holder.STOP_SECONDS", 0.2)
    inbox, free = Inbox(), threading.Event()
    deaf = ChildSpec(id="subscriber", actor=Deaf, args=(inbox, free))
    with running(database_spec(sqlite_url), deaf, lease_spec(term=60.0, restart="temporary")) as app:
        database = database_of(app)
        held(inbox, 1)
        app.system.registry.running("/lease").request_stop(NORMAL)
        inbox.expect(Lost)
        pause = threading.Event()
        while app.system.registry.running("/lease") is not None and not pause.wait(0.01):
            continue
        with database.read() as connection:
            assert connection.execute(tables.read(NAME)).one().until_us > 0
        free.set()


def test_a_subscriber_that_dies_gets_it_back_under_another_epoch(sqlite_url: URL) -> None:
    inbox = Inbox()

    class Fragile(Probe):
        def on_receive(self, message: Any) -> None:
            super().on_receive(message)
            if message == "die":
                raise RuntimeError("as asked")

    pair = [
        ChildSpec(id="subscriber", actor=Fragile, args=(inbox,)),
        lease_spec(subscriber="/pair/subscriber"),
    ]
    with running(database_spec(sqlite_url), Supervisor.spec("pair", pair, strategy="rest_for_one")) as app:
        database_of(app)
        held(inbox, 1)
        app.system.address("/pair/subscriber").cast("die")
        held(inbox, 2)


def test_without_the_database_it_is_lost_in_time_and_taken_again_later(own_postgres: OwnPostgres) -> None:
    inbox = Inbox()
    with running(database_spec(own_postgres.url), subscriber_spec(inbox), lease_spec(term=1.5)) as app:
        database_of(app)
        last = held(inbox, 1)
        own_postgres.kill()
        lost = inbox.expect(Lost)
        assert lost.epoch == 1
        last = next(one for one in reversed(inbox.seen) if isinstance(one, Held))
        assert 0 <= app.system.clock.monotonic() - last.deadline < 1.0
        assert not last.is_good(app.system.clock)
        own_postgres.start()
        inbox.expect(Held, lambda one: one.epoch == 2, timeout=30.0)


def test_leases_are_listed(sqlite_url: URL) -> None:
    inbox = Inbox()
    with running(database_spec(sqlite_url), subscriber_spec(inbox), lease_spec(term=60.0)) as app:
        database = database_of(app)
        held(inbox, 1)
        (row,) = list_leases(Site(app.system, cast(Settings, None)), NoParams())
        assert (row["name"], row["epoch"]) == (NAME, 1)
        assert row["holder"].endswith("/lease")
        assert 50 < row["seconds_left"] <= 60
        with database.begin() as connection:
            claim.release(connection, NAME, 1)
        assert list_leases(Site(app.system, cast(Settings, None)), NoParams())[0]["holder"] is None


@pytest.mark.parametrize("margin", [0.0, 4.0])
def test_a_margin_has_to_fit_the_term(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        Lease(NAME, SUBSCRIBER, 10.0, margin)
