"""Old events are forgotten by themselves, piece by piece; a database that is away is waited for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from apps.email import ledger
from apps.email.ledger import Claim, Result
from apps.email.rulebook import shadows
from apps.email.rulebook.events import between, keep
from apps.email.rulebook.retention import Prune, Retention
from apps.email.rulebook.shadows import Shadow
from apps.email.states import State
from apps.email.trace import Trace
from supervision import ChildSpec, TerminateChild
from tests.apps.email.deciding import Desk, event
from tests.apps.email.rulebook.test_limits import job

DAY = 86_400.0
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_what_is_older_than_its_days_is_forgotten(still: Desk) -> None:
    now = still.tree.system.clock.time()
    with still.database.begin() as conn:
        keep(conn, [(event("old"), now - 8 * DAY)])
        keep(conn, [(event("young"), now - 6 * DAY)])
        shadows.keep(conn, [Shadow("o" * 40, "r", "p", b"old")], now - 8 * DAY)
        shadows.keep(conn, [Shadow("y" * 40, "r", "p", b"young")], now - 6 * DAY)
    still.start(ChildSpec(id="retention", actor=Retention, args=(7, 90)))
    actor = still.tree.system.registry.running("/retention")
    still.until(lambda: actor.counts["pruned"] == 2)
    with still.database.read() as conn:
        found = between(conn, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), ["password_reset"])
        assert [one.id for _, one in found] == ["young"]
        assert shadows.find(conn, "o" * 40) is None and shadows.find(conn, "y" * 40) == b"young"


def test_without_a_database_it_lives_and_looks_again(still: Desk) -> None:
    still.tree.system.address("/database").call(TerminateChild("pool"))
    still.start(ChildSpec(id="retention", actor=Retention, args=(7, 90)))
    still.call("/retention", Prune())
    assert still.tree.system.registry.running("/retention") is not None


def test_settled_mails_of_the_ledger_are_forgotten_and_open_ones_are_not(engine: Engine) -> None:
    """By when they were made and last changed; what somebody may still want to try stays."""
    old, then = NOON - timedelta(days=91), (NOON - timedelta(days=90)).timestamp()
    states = [State.HANDED, State.FAILED, State.DEFERRED, State.IN_DOUBT]
    with engine.begin() as conn:
        jobs = [job(number) for number in range(7)]
        claims = [Claim(one, "<x@example.org>", "en", Trace()) for one in jobs]
        claims[6] = replace(claims[6], state=State.SUPPRESSED)
        ledger.claim(conn, claims, "me", old.timestamp())
        ledger.settle(conn, [Result(jobs[n].key, state) for n, state in enumerate(states)], "me", old.timestamp())
        ledger.settle(conn, [Result(jobs[4].key, State.HANDED)], "me", then)
        # Number 5 is still claimed.
        assert ledger.forget(conn, NOON - timedelta(days=90)) == 4
        left = ledger.look_up(conn, [one.key for one in jobs])
        assert {jobs.index(one): left[one.key].state.value for one in jobs if one.key in left} == {
            2: "deferred",
            4: "handed",
            5: "claimed",
        }
        assert ledger.forget(conn, NOON - timedelta(days=90)) == 0


def test_a_large_ledger_is_forgotten_in_pieces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.email.tables.FORGOTTEN", 3)
    with engine.begin() as conn:
        claims = [Claim(job(number), "<x@example.org>", "en", Trace(), State.SKIPPED) for number in range(7)]
        ledger.claim(conn, claims, "me", 0.0)
        assert [ledger.forget(conn, NOON) for _ in range(4)] == [3, 3, 1, 0]


def test_the_actor_forgets_them_too(still: Desk) -> None:
    now = still.tree.system.clock.time()
    with still.database.begin() as conn:
        for number, days in enumerate((40, 20)):
            claim = Claim(job(number), "<x@example.org>", "en", Trace(), State.SKIPPED)
            ledger.claim(conn, [claim], "me", now - days * DAY)
    still.start(ChildSpec(id="retention", actor=Retention, args=(7, 30)))
    actor = still.tree.system.registry.running("/retention")
    still.until(lambda: actor.counts["pruned"] == 1)
    with still.database.read() as conn:
        assert list(ledger.look_up(conn, [job(0).key, job(1).key])) == [job(1).key]
