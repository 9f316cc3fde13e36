from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from apps.email.campaign import sends
from apps.email.campaign.config import Campaign
from apps.email.campaign.covering import CoverageCheck
from apps.email.campaign.fanout import step
from apps.email.campaign.sends import Send
from apps.email.campaign.states import SendState
from apps.email.campaign.tables import PEOPLE, SENDS
from apps.email.config import Email
from apps.people.address import parse
from apps.people.profile import Draft
from apps.people.upsert import upsert
from tests.apps.email.campaign.fanned import Queue, Transactions
from tests.apps.email.campaign.world import ME, NOW, order

BODY = "Hello from {{ person.attributes.city }} {{ petition }}"
#: One has a city, the other reads a language nobody translated this into.
ADA = Draft(parse("ada@example.org"), id="a", locale="en", attributes={"city": "London"})
BO = Draft(parse("bo@example.org"), id="b", locale="sw")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "templates" / "news").mkdir(parents=True)
    (tmp_path / "templates" / "news" / "subject.txt").write_text("News")
    (tmp_path / "templates" / "news" / "body.txt").write_text(BODY)
    return tmp_path / "templates"


def frozen(conn: Connection, *persons: Draft, template: str = "news") -> Send:
    """A send whose audience is frozen."""
    upsert(conn, persons, NOW)
    id, _ = sends.start_send(conn, order(template=template, data={"petition": "Trees"}), NOW)
    day = NOW.date()
    rows = [{"send_id": id, "day": day, "position": at, "person_id": one.id} for at, one in enumerate(persons, 1)]
    conn.execute(PEOPLE.insert(), rows)
    conn.execute(SENDS.update().where(SENDS.c.id == id).values(targeted=len(persons)))
    return sends.move(conn, id, SendState.FROZEN, NOW)


def check(folder: Path, **policy: Any) -> CoverageCheck:
    return CoverageCheck(Email.model_validate({"templates": [folder], "campaign": {"coverage": policy}}))


def test_an_audience_that_has_everything_is_not_held(engine: Engine, folder: Path) -> None:
    with engine.begin() as conn:
        assert check(folder)(conn, frozen(conn, ADA)) is None


def test_what_the_policy_does_not_allow_is_a_reason(engine: Engine, folder: Path) -> None:
    with engine.begin() as conn:
        send = frozen(conn, ADA, BO)
        assert check(folder)(conn, send) == "1 of 2 people lack person.attributes.city"
        assert check(folder, max_lacking_share=0.5)(conn, send) is None
        strict = check(folder, max_lacking_share=0.5, max_fallback_share=0.0)
        assert strict(conn, send) == "1 of 2 people would get another language than theirs"


def test_a_template_that_is_gone_is_a_reason(engine: Engine, folder: Path) -> None:
    with engine.begin() as conn:
        assert "gone" in (check(folder)(conn, frozen(conn, ADA, template="gone")) or "")


@pytest.mark.parametrize(("policy", "state"), [({}, SendState.BLOCKED), ({"max_lacking_share": 1}, SendState.RUNNING)])
def test_the_fan_out_asks_before_a_send_runs(engine: Engine, folder: Path, policy: Any, state: SendState) -> None:
    with engine.begin() as conn:
        id = frozen(conn, ADA, BO).id
    config = Campaign.model_validate({})
    step(Transactions(engine), Queue().publish, id, ME, config, (check(folder, **policy),), NOW)
    with engine.connect() as conn:
        send = sends.load(conn, id)
    assert send.state is state
    assert (send.reason is None) == (state is SendState.RUNNING)
