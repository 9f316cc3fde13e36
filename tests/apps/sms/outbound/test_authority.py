"""The outbound branch on SQLite, with simulated carriers at its end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from apps.people.consent import Channel, Said, history, record
from apps.sms.outbound import pauses
from apps.sms.outbound.routing import Health
from apps.sms.outbound.spec import AUTHORITY, CLERK, LINKS
from apps.sms.states import Lane
from apps.sms.tables import members, texts
from supervision import FaultRule
from tests.apps.sms.outbound.world import World, eventually, join, member, settings, text, world

SEGMENT = 153


def sim(*behaviour: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"name": "sim", "simulated": {"behaviour": list(behaviour), "seed": 1, **more}}]


def done(here: World, **states: int) -> None:
    """Until the texts are in these states."""
    eventually(here.states, lambda found: found == states)


def test_a_queued_text_reaches_its_phone(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        here.queue(text(key="a", body="Hello you"))
        done(here, handed=1)
        (segment,) = here.reached()
        assert (segment.text, segment.destination, segment.key) == ("Hello you", member(1), "a")
        row = here.row("a")
        assert (row.carrier, row.segments, row.coding, row.attempts) == ("sim", 1, "gsm7", 1)
        (part,) = here.parts("a")
        assert (part.state, part.carrier_id) == ("handed", segment.carrier_id)


def test_a_long_text_goes_in_pieces_with_one_reference(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        here.queue(
            text(key="long", body="a" * (2 * SEGMENT + 1)), text(to=member(2), body="b" * SEGMENT * 11, key="no")
        )
        done(here, handed=1, failed=1)
        assert [(one.number, one.total) for one in here.reached()] == [(1, 3), (2, 3), (3, 3)]
        assert len({one.udh[3] for one in here.reached()}) == 1
        assert len(here.parts("long")) == 3 and here.row("long").segments == 3
        assert "max_segments" in here.row("no").reason


def test_a_conversation_keeps_its_order_and_lanes_overtake_each_other(tmp_path: Path) -> None:
    slow = sim({"answer_seconds": [0.01, 0.05]}, window=4)
    with world(settings(tmp_path, carriers=slow)) as here:
        rows = [text(member(n % 3), lane=Lane.BROADCAST, body=f"{n}") for n in range(30)]
        here.queue(*rows, text(member(9), lane=Lane.CONFIRMATION, body="first"))
        done(here, handed=31)
        reached = here.reached()
        for phone in range(3):
            bodies = [int(one.text) for one in reached if one.destination == member(phone)]
            assert bodies == sorted(bodies) and len(bodies) == 10
        assert "first" in [one.text for one in reached[:9]]


def test_whoever_left_is_written_to_no_more_but_for_the_confirmation(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        now = datetime.now(UTC)
        with here.database.begin() as conn:
            join(conn, member(1), state="left")
            join(conn, member(2))
            record(conn, Channel.SMS, member(2), "ada", Said.REVOKED, now, source="form")
        here.queue(text(member(1)), text(member(2)), text(member(1), lane=Lane.CONFIRMATION, body="bye"))
        done(here, suppressed=2, handed=1)
        assert [one.text for one in here.reached()] == ["bye"]


def test_what_is_revoked_while_it_waits_for_its_limit_does_not_leave(tmp_path: Path) -> None:
    limits = [{"name": "slow", "scope": ["number", "*"], "amount": 1, "seconds": 3.0}]
    with world(settings(tmp_path, limits=limits)) as here:
        here.queue(*(text(member(n), key=f"k{n}") for n in range(3)))
        eventually(here.states, lambda states: states.get("handed") == 1)
        with here.database.begin() as conn:
            revoked = conn.execute(update(texts).where(texts.c.state == "queued").values(state="revoked")).rowcount
        assert revoked == 2
        done(here, handed=1, revoked=2)


@pytest.mark.parametrize("victim", [AUTHORITY, CLERK, LINKS, "/sms/outbound/lease"])
def test_limits_hold_and_a_take_over_begins_with_full_windows(tmp_path: Path, victim: str) -> None:
    strict = {"limits": [{"name": "strict", "most": 5, "seconds": 1.0}]}
    limits = [{"name": "five", "scope": ["carrier", "sim"], "amount": 5, "seconds": 1.0, "slack_seconds": 0.2}]
    with world(settings(tmp_path, carriers=sim(**strict), limits=limits)) as here:
        here.queue(*(text(member(n)) for n in range(12)))
        eventually(here.states, lambda states: states.get("handed", 0) >= 5)
        here.run.system.faults.enabled = True
        here.run.system.faults.add(FaultRule("crash", victim))
        eventually(here.states, lambda states: states.get("handed", 0) + states.get("in_doubt", 0) == 12, seconds=20)
        assert here.violations() == 0
        # What was claimed by the holder that died is in doubt; it was at most what a window takes.
        doubted = here.states()["in_doubt"]
        assert len(here.reached()) >= 12 - doubted


def test_a_monthly_limit_outlives_its_holder(tmp_path: Path) -> None:
    monthly = [
        {"name": "monthly", "scope": ["number", "*"], "amount": 5, "period": "month", "zone": "America/Los_Angeles"}
    ]
    with world(settings(tmp_path, limits=monthly)) as here:
        here.queue(*(text(member(n)) for n in range(8)))
        done(here, handed=5, queued=3)
        here.run.system.faults.enabled = True
        here.run.system.faults.add(FaultRule("crash", AUTHORITY))
        epoch = here.row(here.reached()[0].key).epoch
        eventually(lambda: (term := here.term) is not None and term.held.epoch > epoch and term.dock.waits)
        done(here, handed=5, queued=3)
        assert len(here.reached()) == 5


def test_a_throttled_carrier_gets_less_and_order_is_kept(tmp_path: Path) -> None:
    throttle = {"answer": "throttle", "above": 5, "seconds": 0.5}
    with world(settings(tmp_path, carriers=sim(throttle))) as here:
        here.queue(*(text(member(n % 2), body=f"{n}") for n in range(12)))
        done(here, handed=12)
        for phone in range(2):
            bodies = [int(one.text) for one in here.reached() if one.destination == member(phone)]
            assert bodies == sorted(bodies) and len(bodies) == 6
        authority = here.actor(AUTHORITY)
        assert authority.counts["Throttled"] > 0 and authority.pressure["sim"].throttles > 0
        assert {row.attempts for row in (here.row(one.key) for one in here.reached())} == {1}


def test_a_refused_text_is_rejected_and_an_opt_out_is_believed(tmp_path: Path) -> None:
    rules = [{"to": member(1), "answer": "refuse", "code": "30003"}, {"to": member(2), "answer": "opted-out"}]
    with world(settings(tmp_path, carriers=sim(*rules))) as here:
        with here.database.begin() as conn:
            join(conn, member(2))
        here.queue(text(member(1), key="no"), text(member(2), key="out"), text(member(2), key="later"))
        eventually(
            here.states, lambda states: states["rejected"] == 2 and not states["queued"] and not states["claimed"]
        )
        assert here.row("no").reason.startswith("30003: ") and here.row("later").state in ("revoked", "suppressed")
        with here.database.read() as conn:
            assert conn.execute(select(members.c.state)).scalar_one() == "left"
            (line,) = history(conn, Channel.SMS, member(2))
        assert (line.state, line.source, line.evidence["code"]) == (Said.REVOKED, "carrier", "21610")


def test_a_temporary_refusal_is_tried_again_and_fails_in_the_end(tmp_path: Path) -> None:
    busy = {"to": member(1), "answer": "refuse", "permanent": False, "code": "30002"}
    outbound = {"retry_seconds": 0.05, "attempts": 3}
    with world(settings(tmp_path, carriers=sim(busy), outbound=outbound)) as here:
        here.queue(text(member(1), key="a"))
        done(here, rejected=1)
        row = here.row("a")
        assert row.attempts == 3 and "given up after 3 attempts" in row.reason


def test_a_carrier_that_hangs_up_leaves_its_text_in_doubt_unless_the_lane_says_otherwise(tmp_path: Path) -> None:
    rules = [{"to": member(1), "answer": "hang-up", "above": 0, "seconds": 60}]
    with world(settings(tmp_path, carriers=sim(*rules))) as here:
        here.queue(text(member(1), key="a"), text(member(2), key="b"))
        done(here, in_doubt=1, handed=1)
        assert here.row("a").state == "in_doubt" and here.row("a").reason


@pytest.mark.parametrize("lanes", [["confirmation"]])
def test_a_lane_may_send_again_what_is_in_doubt(tmp_path: Path, lanes: list[str]) -> None:
    silent = {"to": member(1), "answer": "none", "probability": 0.5}
    with world(
        settings(tmp_path, carriers=sim(silent, answer_timeout_seconds=0.1), outbound={"resend": lanes})
    ) as here:
        here.queue(*(text(member(1), lane=Lane.CONFIRMATION) for _ in range(4)))
        done(here, handed=4)
        assert here.actor(AUTHORITY).counts["InDoubt"] > 0


def test_what_has_a_time_waits_for_it_and_what_is_too_late_is_not_sent(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with world(settings(tmp_path)) as here:
        here.queue(
            text(member(1), key="soon", due_at=now + timedelta(seconds=1.5)),
            text(member(2), key="late", expires_at=now - timedelta(seconds=1)),
            text(member(3), key="now", due_at=now - timedelta(seconds=5)),
        )
        done(here, queued=1, suppressed=1, handed=1)
        assert here.row("late").reason == "too late"
        done(here, suppressed=1, handed=2)
        assert here.row("soon").handed_at >= now + timedelta(seconds=1.5)


def test_broadcasts_wait_for_the_hours_of_their_members(tmp_path: Path) -> None:
    hour = datetime.now(UTC).hour
    start, end = ((hour + 2) % 24, (hour + 3) % 24)
    if start > end:
        start, end = (hour + 5) % 24, (hour + 6) % 24
    hours = {"start": f"{start:02}:00", "end": f"{end:02}:00"}
    with world(settings(tmp_path, outbound={"hours": hours})) as here:
        with here.database.begin() as conn:
            join(conn, member(1), time_zone="UTC")
        here.queue(text(member(1), key="b", lane=Lane.BROADCAST), text(member(1), key="a", lane=Lane.LEADER))
        eventually(lambda: here.row("b").due_at)
        assert here.row("b").due_at.hour == start and here.row("b").reason == "quiet hours"
        eventually(lambda: here.row("a").state, lambda state: state == "handed")


def test_a_paused_carrier_gets_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        authority = here.actor(AUTHORITY)
        with here.database.begin() as conn:
            pauses.pause(conn, "sim", "maintenance", datetime.now(UTC))
        eventually(authority.health, lambda health: health == {"sim": Health.PAUSED})
        here.queue(text(key="a"))
        here.run.wait_state(CLERK, "running")
        assert here.states() == {"queued": 1}
        with here.database.begin() as conn:
            assert pauses.resume(conn, "sim")
        done(here, handed=1)


def test_texts_of_a_carrier_that_is_down_go_over_another_one(tmp_path: Path) -> None:
    down = {"name": "down", "smpp": {"hosts": ["127.0.0.1:1"], "system_id": "x"}}
    carriers = [*sim(), down, {**down, "name": "faithful", "failover": "never"}]
    with world(settings(tmp_path, carriers=carriers, outbound={"failover_seconds": 0.5}), own=False) as here:
        from tests.apps.sms.outbound.world import lead

        with here.database.begin() as conn:
            lead(conn, ours="+15550001001", carrier="down")
            lead(conn, ours="+15550001002", carrier="faithful")
        here.queue(text(ours="+15550001001", key="a"), text(ours="+15550001002", key="b"))
        done(here, handed=1, queued=1)
        assert (here.row("a").state, here.row("a").carrier) == ("handed", "sim")
