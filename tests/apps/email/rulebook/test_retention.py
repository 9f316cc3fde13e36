"""Old events are forgotten by themselves, piece by piece; a database that is away is waited for."""

from datetime import UTC, datetime

from apps.email.rulebook import shadows
from apps.email.rulebook.events import between, keep
from apps.email.rulebook.retention import Prune, Retention
from supervision import ChildSpec, TerminateChild
from tests.apps.email.deciding import Desk, event

DAY = 86_400.0


def test_what_is_older_than_its_days_is_forgotten(still: Desk) -> None:
    now = still.tree.system.clock.time()
    with still.database.begin() as conn:
        keep(conn, [event("old")], now - 8 * DAY)
        keep(conn, [event("young")], now - 6 * DAY)
        shadows.keep(conn, {"o" * 40: b"old"}, now - 8 * DAY)
        shadows.keep(conn, {"y" * 40: b"young"}, now - 6 * DAY)
    still.start(ChildSpec(id="retention", actor=Retention, args=(7,)))
    actor = still.tree.system.registry.running("/retention")
    still.until(lambda: actor.counts["pruned"] == 2)
    with still.database.read() as conn:
        found = between(conn, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), ["password_reset"])
        assert [one.id for _, one in found] == ["young"]
        assert shadows.find(conn, "o" * 40) is None and shadows.find(conn, "y" * 40) == b"young"


def test_without_a_database_it_lives_and_looks_again(still: Desk) -> None:
    still.tree.system.address("/database").call(TerminateChild("pool"))
    still.start(ChildSpec(id="retention", actor=Retention, args=(7,)))
    still.call("/retention", Prune())
    assert still.tree.system.registry.running("/retention") is not None
