"""A send in the shadow: its mails are made and compared, everybody is skipped, nothing is handed over."""

from typing import Any

import pytest
from sqlalchemy import select, update

from actors.broker import Ack
from apps.email.bulk import shadow
from apps.email.campaign import books, sends
from apps.email.campaign.states import ChunkState, MailState
from apps.email.campaign.tables import CHUNKS, SENDS
from apps.email.letterhead.head import letterhead
from apps.email.templates import open_templates
from apps.people.suppression import Why, suppress
from supervision.config import check
from tests.apps.email.bulk.test_dispatcher import Lane, lane  # noqa: F401
from tests.apps.email.campaign import world as campaign

SHADOW = {"rollout": {"share": 1.0, "shadow": True, "allow": []}}


@pytest.fixture
def shaded(lane: Lane) -> Lane:  # noqa: F811
    """The send of this lane is in the shadow."""
    with lane.database.begin() as conn:
        mine = SENDS.c.id == lane.send.id
        conn.execute(update(SENDS).where(mine).values(terms=SHADOW, rule="later", version=9))
    return lane


def reasons(lane: Lane) -> dict[str, int]:  # noqa: F811
    with lane.database.read() as conn:
        found = books.reasons(conn, sends.load(conn, lane.send.id))
    return {one.reason: one.people for one in found}


def run(lane: Lane) -> None:  # noqa: F811
    """Both chunks, of five and of two people."""
    tags = lane.deliver(1, 2)
    done: set[object] = set()
    while len(done) < 2:
        done |= set(lane.settled.expect(Ack).tags)
    assert done == set(tags)
    assert lane.handed.nothing_more()
    with lane.database.read() as conn:
        states = conn.scalars(select(CHUNKS.c.state).where(CHUNKS.c.send_id == lane.send.id)).all()
    assert states == [ChunkState.DONE.value] * 2


def live(lane: Lane, name: str, **said: Any) -> None:  # noqa: F811
    """A send of the same event that is no shadow."""
    same: dict[str, Any] = {
        "event_id": lane.send.event_id,
        "event_source": lane.send.event_source,
        "data": dict(lane.send.data),
    }
    with lane.database.begin() as conn:
        campaign.running(conn, lane.people, name, **{**same, "rule": name, **said})


def test_everybody_is_skipped_with_what_came_of_it_and_the_books_balance(shaded: Lane) -> None:
    with shaded.database.begin() as conn:
        suppress(conn, f"{shaded.people[6]}@example.org", Why.HARD_BOUNCE, campaign.NOW)
    run(shaded)
    assert reasons(shaded) == {
        "shadow: nothing to compare it with: no other send of this event": 6,
        "suppressed: hard_bounce": 1,
    }
    with shaded.database.read() as conn:
        found = books.of(conn, sends.load(conn, shaded.send.id))
    assert (found.skipped, found.suppressed, found.handed, found.balanced) == (6, 1, 0, True)
    assert shaded.counts[MailState.SKIPPED] == 6


def test_the_mails_are_compared_with_those_of_the_other_sends(shaded: Lane, tmp_path) -> None:
    live(shaded, "same")
    live(shaded, "other", template="password_reset", data={"link": "https://example.org/r/1"})
    run(shaded)
    assert reasons(shaded) == {"shadow: the same as by same; not as by other: subject, text, html": 7}
    settings = check({"apps": ["actors.database", "apps.people", "apps.email"]}, tmp_path)
    config = settings.section("email")
    with shaded.database.read() as conn:
        found = list(shadow.summed(conn, config, open_templates(config), letterhead(settings), 0.0))
        assert list(shadow.summed(conn, config, open_templates(config), letterhead(settings), 0.0, "same")) == []
    lines = {line["beside"]: line for line in found}
    assert (lines["same"]["same"], lines["same"]["example"]) == (7, None)
    assert [lines["other"][name] for name in ("send", "different", "subject")] == [shaded.send.id, 7, 7]
    assert "--- subject by other\n" in lines["other"]["example"]["diff"]
    assert lines["other"]["example"]["person"] in shaded.people


def test_a_mail_that_cannot_be_made_says_so_and_is_skipped_too(shaded: Lane) -> None:
    with shaded.database.begin() as conn:
        conn.execute(update(SENDS).where(SENDS.c.id == shaded.send.id).values(data={}, version=10))
    run(shaded)
    ((reason, people),) = reasons(shaded).items()
    assert people == 7 and reason.startswith("shadow: ") and "petition" in reason


def test_who_is_on_the_list_gets_it_for_real(shaded: Lane) -> None:
    allowed = {"rollout": {"share": 1.0, "shadow": True, "allow": [shaded.people[0]]}}
    with shaded.database.begin() as conn:
        conn.execute(update(SENDS).where(SENDS.c.id == shaded.send.id).values(terms=allowed, version=10))
    shaded.deliver(1)
    batch = shaded.handover([0])
    shaded.answer(batch)
    shaded.settled.expect(Ack)
    assert shaded.states().count("h") == 1
