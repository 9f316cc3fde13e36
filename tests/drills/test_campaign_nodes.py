"""A campaign while its nodes are killed with -9 every five seconds: the books balance and nobody is skipped.

Who was in the hands of a killed sender is listed in doubt and gets no second mail. So every person either has exactly
one mail, or is listed in doubt and has one or none.
"""

import json
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.email.campaign.verbs import SOURCE
from apps.email.jobs import key_of
from supervision.control.client import RemoteError
from tests.drills.servers import site_on, unwell
from tests.drills.site import Site, eventually
from tests.drills.test_nodes import nodes

pytestmark = pytest.mark.timeout(240)

RULE, ID = "petition_update", "drill"
DATA = {"petition": "More birds", "signatures": 12, "link": "https://example.org/p/birds"}
FIRST_SECONDS, KILL_SECONDS = 0.5, 5.0
#: Small enough that a few thousand people take several kills, and a window is on the wire at most of them.
SMALL = ("nodes.count=2", "email.senders=2", "email.window=25", "database.health_timeout_seconds=10")
LIMIT = 10_000


def person(number: int) -> str:
    return f"person-{number:06}"


def join(here: Site, count: int) -> None:
    """So many people, known by their ids."""
    people = here.home.with_suffix(".jsonl")
    with people.open("w") as lines:
        for number in range(count):
            lines.write(json.dumps({"id": person(number), "address": f"{person(number)}@example.org"}) + "\n")
    here.output("people", "import", str(people))


@contextmanager
def killed(here: Site, seconds: float) -> Iterator[list[str]]:
    """While the block runs a node gets kill -9, soon at first and then every `seconds`; the list grows by its path."""
    rng, over, done = random.Random(5), threading.Event(), list[str]()

    def kill() -> None:
        pause = FIRST_SECONDS
        while not over.wait(pause):
            pause = seconds
            if victims := nodes(here):
                path = rng.choice(sorted(victims))
                os.kill(victims[path], signal.SIGKILL)
                done.append(path)

    thread = threading.Thread(target=kill, name="killer")
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join(30.0)


def survive(here: Site, count: int, kills: int, seconds: float) -> None:
    """A campaign to `count` people, with at least so many kills on its way; then everybody is counted."""
    join(here, count)
    with killed(here, KILL_SECONDS) as done:
        start = ["email", "campaign", "start", "drill", "--rule", RULE, "--query", "{}", "--data", json.dumps(DATA)]
        assert here.json(*start, "--id", ID, "--yes", "--json")["people"] == count
        told = eventually(lambda: finished(here), seconds, "the send is finished")
    assert len(done) >= kills
    accounted(here, count, told)
    eventually(lambda: unwell(here) == {}, 30.0, "everybody is up again")


def finished(here: Site) -> dict[str, Any] | None:
    """The send when it is finished; its books balance at every look."""
    try:
        told = dict(here.ask("email.campaign.status", send="drill"))
    except RemoteError:  # on a busy machine the root, too, may take its database for dead
        return None
    assert told["books"]["balanced"], told
    assert told["state"] not in ("blocked", "paused", "cancelled"), told
    return told if told["state"] == "finished" else None


def accounted(here: Site, count: int, told: dict[str, Any]) -> None:
    """The send's books against the mail server's own."""
    found = told["books"]
    assert found["targeted"] == found["handed"] + found["in_doubt"] == count, told
    listed = here.ask("email.campaign.people", send="drill", state="in_doubt", limit=LIMIT)
    doubted = {row["person_id"] for row in listed}
    assert len(doubted) == found["in_doubt"]
    ids = {key_of(SOURCE, ID, RULE, person(number)): person(number) for number in range(count)}
    copies = here.copies()
    assert copies.keys() <= ids.keys()
    assert {id for key, id in ids.items() if key not in copies} <= doubted
    assert {ids[key] for key, times in copies.items() if times > 1} <= doubted


def test_a_campaign_survives_the_deaths_of_its_nodes(tmp_path: Path) -> None:
    with site_on(tmp_path / "home", None, None, *SMALL) as here:
        survive(here, 2000, 1, 120.0)
        assert here.stop() == 0


def test_a_campaign_on_real_servers_survives_the_deaths_of_its_nodes(
    tmp_path: Path, vhost: str, postgres_url: str
) -> None:
    with site_on(tmp_path / "home", vhost, postgres_url, *SMALL) as here:
        survive(here, 5000, 1, 120.0)
        assert here.stop() == 0
