"""The hub as an actor: leaders in turn, nobody waits for another's mistakes, nothing is lost without a database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from actors.database.pool import PATH as POOL
from apps.contracts.sms_pb2 import MemberChanged
from apps.sms.hub import hub as module
from apps.sms.hub import working
from apps.sms.hub.answering import decide
from apps.sms.hub.hub import Hub, hub_spec
from apps.sms.hub.member import Outcome
from apps.sms.hub.storing import owners, store
from apps.sms.hub.waiting import FAILED
from apps.sms.metrics import collector
from apps.sms.tables import leaders, news
from supervision import RestartChild, TerminateChild
from supervision.verbs import Site
from tests.apps.sms.hub.conversing import BOBS, JOHN, MARY, OURS, arrived
from tests.apps.sms.receiving import RECEIVED, Desk, desk, stop, text


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as one:
        one.lead()
        one.lead("bob", BOBS)
        yield one


def put(one: Desk, *texts: Any) -> None:
    with one.database.begin() as conn:
        store(conn, texts, owners(conn, [OURS, BOBS]), RECEIVED)


def hub_of(one: Desk) -> Hub:
    found = one.tree.system.registry.running("/sms/hub")
    assert isinstance(found, Hub)
    return found


def test_a_flood_to_one_leader_leaves_the_others_their_turn(open_desk: Desk) -> None:
    put(open_desk, *(arrived(number, "hi", f"+1555400{number:04}") for number in range(2 * module.TEXTS)))
    put(open_desk, arrived("late", "hi", MARY, BOBS))
    open_desk.start_sms(hub_spec())
    open_desk.expect(2 * module.TEXTS + 1, direction="out")
    order = [row.leader for row in open_desk.rows(direction="out")]
    # In its first turn, with as many of the other leader's as were its share, and no more.
    assert order.index("bob") <= module.TEXTS // 2
    assert hub_of(open_desk).counts == {Outcome.JOINED: 2 * module.TEXTS + 1}


def test_a_leader_that_cannot_be_worked_on_holds_up_nobody_else(open_desk: Desk) -> None:
    with open_desk.database.begin() as conn:
        conn.execute(update(leaders).where(leaders.c.id == "ada").values(sign_up={"mode": "from the future"}))
    put(
        open_desk, arrived(1, "hi"), *(arrived(f"b{number}", "hi", f"+1555400{number:04}", BOBS) for number in range(9))
    )
    open_desk.start_sms(hub_spec())
    assert {row.leader for row in open_desk.expect(9, direction="out")} == {"bob"}
    assert [row.leader for row in open_desk.rows(state="received")] == ["ada"]
    assert hub_of(open_desk).counts == {Outcome.JOINED: 9}
    assert open_desk.tree.system.tree.get("/sms/hub").restarts == 0


def test_a_text_that_cannot_be_worked_on_is_left_to_its_leader(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fragile(leader: Any, member: Any, text: Any, *more: Any) -> Any:
        if text.body == "poison":
            raise RuntimeError("a mistake of ours")
        return decide(leader, member, text, *more)

    monkeypatch.setattr(working, "decide", fragile)
    said = ["hi", "poison", "poison", "hi"]
    put(open_desk, *(arrived(number, body, f"+155540{number:05}") for number, body in enumerate(said)))
    open_desk.start_sms(hub_spec())
    open_desk.expect(4, state="settled")
    assert [row.reason for row in open_desk.rows(direction="in")] == ["joined", "failed", "failed", "joined"]
    open_desk.until(lambda: hub_of(open_desk).counts == {Outcome.JOINED: 2, FAILED: 2})


def test_texts_wait_for_the_database(open_desk: Desk) -> None:
    open_desk.start_sms(*open_desk.way_in, *open_desk.the_hub)
    open_desk.publish(text(1, "hi"))
    open_desk.expect(1, direction="out")
    root, id = open_desk.tree.system.address("/database"), POOL.rpartition("/")[2]
    root.call(TerminateChild(id))
    open_desk.publish(text(2, "hi", JOHN))
    root.call(RestartChild(id))
    open_desk.tree.wait_state(POOL, "running")
    open_desk.expect(2, direction="out")
    assert open_desk.tree.system.tree.get("/sms/hub").restarts == 0


def test_everybody_is_told_who_joined_and_who_left(open_desk: Desk) -> None:
    open_desk.start_sms(*open_desk.way_in, *open_desk.the_hub)
    open_desk.publish(text(1, "hi"), stop(2, source=JOHN))
    open_desk.until(lambda: len(open_desk.heard()) == 2)
    joined, left = sorted(open_desk.heard(), key=lambda event: event.type)
    assert (joined.type, joined.id, joined.subject) == ("sms.member.joined", "in:simulated:1", "ada")
    assert joined.data == MemberChanged(leader="ada", number=MARY, state="joined")
    assert (left.type, left.data) == ("sms.member.left", MemberChanged(leader="ada", number=JOHN, state="left"))

    def forgotten() -> bool:
        with open_desk.database.read() as conn:
            return conn.execute(news.select()).all() == []

    open_desk.until(forgotten)


def test_what_is_told_of_it(open_desk: Desk) -> None:
    put(open_desk, arrived(1, "hi"))
    with open_desk.database.begin() as conn:
        conn.execute(update(leaders).where(leaders.c.id == "ada").values(sign_up={"mode": "from the future"}))
    open_desk.start_sms(*open_desk.way_in, *open_desk.the_hub)
    open_desk.publish(text(2, "hi", MARY, BOBS), text(2, "hi", MARY, BOBS), stop(3, source=JOHN, ours=BOBS))
    open_desk.expect(2, direction="out")
    open_desk.until(lambda: len(open_desk.heard()) == 2)
    shown = collector(Site(open_desk.tree.system, open_desk.settings)).collect()
    samples = {(one.name, *one.labels.values()): one.value for family in shown for one in family.samples}
    assert samples["rookery_sms_arrived_total", "inbound", "written"] == 1
    assert samples["rookery_sms_arrived_total", "inbound", "copies"] == 1
    assert samples["rookery_sms_arrived_total", "stops", "written"] == 1
    assert samples["rookery_sms_worked_total", "joined"] == 1
    assert samples["rookery_sms_backlog",] == 1
    assert samples["rookery_sms_backlog_age_seconds",] > 0
