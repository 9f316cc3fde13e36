"""A campaign as its operator sees it: held and gone on with, cancelled, and through the deaths of its root."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drills.servers import QUICK
from tests.drills.site import Site, eventually, only

pytestmark = pytest.mark.timeout(180)

PEOPLE = 600
#: A window of mails takes a good second, so that holding a send has something to hold.
SLOW = "mta.behaviour=[{recipient: '*', at: data, delay_seconds: 0.03}]"
DATA = {"petition": "More birds", "signatures": 5, "link": "https://example.org/p/birds"}
HELD_SECONDS = 2.0
#: What a campaign needs, and nothing that takes long to start.
APPS = 'apps=["actors.database", "actors.broker", "actors.rpc", "actors.smtp.mta", "apps.people", "apps.email"]'


@pytest.fixture(params=["embedded", "servers"])
def here(request: pytest.FixtureRequest, tmp_path: Path, vhost: str, postgres_url: str) -> Iterator[Site]:
    """A site with people."""
    servers = [f"broker.url={vhost}", f"database.url={postgres_url}", *QUICK] if request.param == "servers" else []
    with only(tmp_path / "home", APPS, SLOW, "log.level=warning", *servers) as found:
        start_root(found)
        for start in range(0, PEOPLE, 300):
            rows = [
                {"line": line + 1, "fields": {"address": f"p{line}@example.org", "id": f"p{line}"}}
                for line in range(start, start + 300)
            ]
            found.ask("people.import", rows=rows)
        yield found


def start_root(here: Site) -> None:
    """Until its database answers."""
    here.start()
    eventually(lambda: here.rows().get("/database/pool", {}).get("state") == "running", 30.0, "the database")


def start(here: Site, name: str) -> str:
    started = here.ask("email.campaign.start", name=name, rule="petition_update", query={}, data=DATA)
    assert started["people"] == PEOPLE
    return str(started["id"])


def status(here: Site, send: str) -> dict[str, Any]:
    found: dict[str, Any] = here.ask("email.campaign.status", send=send)
    assert found["books"]["balanced"], found
    return found


def handed(here: Site, send: str) -> int:
    return int(status(here, send)["books"]["handed"])


def is_over(here: Site, send: str) -> dict[str, Any] | None:
    found = status(here, send)
    return found if found["state"] in ("finished", "blocked") else None


def quiet(here: Site, since: float) -> int:
    """How many mails had arrived `HELD_SECONDS` after `since`; none comes later."""
    threading.Event().wait(max(0.0, since + HELD_SECONDS - time.monotonic()))
    arrived = here.arrived()
    threading.Event().wait(2.0)
    assert here.arrived() == arrived
    return arrived


def test_pause_resume_and_cancel_are_exact(here: Site) -> None:
    send = start(here, "spring")
    eventually(lambda: handed(here, send) >= 100, 60.0, "the first mails")
    here.ask("email.campaign.pause", send=send, reason="a wrong picture")
    arrived = quiet(here, time.monotonic())
    held = status(here, send)
    assert (held["state"], held["reason"], held["in_flight"]) == ("paused", "a wrong picture", 0)
    assert 100 <= arrived < PEOPLE
    assert held["books"]["handed"] == arrived == PEOPLE - held["books"]["pending"]

    here.ask("email.campaign.resume", send=send)
    over = eventually(lambda: is_over(here, send), 90.0, "the end of the send")
    assert (over["state"], over["books"]["handed"]) == ("finished", PEOPLE)
    assert set(here.copies().values()) == {1} and here.arrived() == PEOPLE

    second = start(here, "autumn")
    eventually(lambda: handed(here, second) >= 50, 60.0, "the first mails")
    here.ask("email.campaign.cancel", send=second)
    arrived = quiet(here, time.monotonic())
    cancelled = status(here, second)
    assert (cancelled["state"], cancelled["in_flight"]) == ("cancelled", 0)
    assert cancelled["books"]["handed"] == arrived - PEOPLE < PEOPLE

    third = str(here.ask("email.campaign.resend", send=second)["id"])
    over = eventually(lambda: is_over(here, third), 90.0, "the end of the round")
    assert over["books"]["handed"] == over["books"]["targeted"] == cancelled["books"]["pending"]
    assert here.arrived() == 2 * PEOPLE and set(here.copies().values()) == {1}


def test_a_root_killed_in_the_middle_skips_nobody_and_doubles_nobody(here: Site) -> None:
    send = start(here, "spring")
    for mark in (50, 200, 400):
        eventually(lambda: handed(here, send) >= mark, 60.0, f"{mark} mails")  # noqa: B023
        here.kill()
        start_root(here)
    over = eventually(lambda: is_over(here, send), 90.0, "the end of the send")
    books = over["books"]
    assert over["state"] == "finished"
    assert (books["handed"] + books["in_doubt"], books["pending"]) == (PEOPLE, 0)
    assert set(here.copies().values()) == {1}
    assert books["handed"] <= here.arrived() <= PEOPLE

    doubted = here.ask("email.campaign.people", send=send, state="in_doubt", limit=10_000)
    assert len(doubted) == books["in_doubt"]
    resolved = here.ask("email.campaign.resolve", send=send, state="handed", note="in the log")
    assert resolved["resolved"] == books["in_doubt"]
    assert status(here, send)["books"]["handed"] == PEOPLE
