"""A campaign while its nodes are killed with -9 every few seconds: the books balance and nobody is skipped.

Who was in the hands of a killed sender is listed in doubt and gets no second mail. So every person either has exactly
one mail, or is listed in doubt and has one or none. `python -m tests.drills` does it at any size.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from apps.email.campaign.verbs import SOURCE
from apps.email.jobs import key_of
from supervision.control.client import RemoteError
from tests.drills.servers import unwell
from tests.drills.site import Site, eventually
from tests.drills.test_nodes import nodes

RULE, ID = "petition_update", "drill"
DATA = {"petition": "More birds", "signatures": 12, "link": "https://example.org/p/birds"}
FIRST_SECONDS, KILL_SECONDS = 0.5, 5.0
LIMIT = 10_000
#: People per call of the import.
PAGE = 500


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it. `arrived` counts copies; `doubled` and `not_arrived` are people, all of them listed in doubt."""

    people: int
    seconds: float
    mails_per_s: float
    kills: int
    handed: int
    in_doubt: int
    arrived: int
    doubled: int
    not_arrived: int
    skipped: int


def person(number: int) -> str:
    return f"person-{number:07}"


def join(here: Site, count: int) -> None:
    """So many people, known by their ids."""
    eventually(lambda: here.rows().get("/database/pool", {}).get("state") == "running", 30.0, "the database")
    for start in range(0, count, PAGE):
        numbers = range(start, min(start + PAGE, count))
        fields = [{"id": person(number), "address": f"{person(number)}@example.org"} for number in numbers]
        here.ask("people.import", rows=[{"line": line, "fields": one} for line, one in enumerate(fields, 1)])


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


def survive(here: Site, count: int, kills: int, seconds: float, every: float = KILL_SECONDS) -> Figures:
    """A campaign to `count` people, with at least so many kills on its way; then everybody is counted."""
    join(here, count)
    eventually(lambda: nodes(here), 30.0, "a node to kill")
    began = time.monotonic()
    with killed(here, every) as done:
        start = ["email", "campaign", "start", "drill", "--rule", RULE, "--query", "{}", "--data", json.dumps(DATA)]
        assert here.json(*start, "--id", ID, "--yes", "--json")["people"] == count
        told = eventually(lambda: finished(here), seconds, "the send is finished")
    took = time.monotonic() - began
    assert len(done) >= kills
    figures = accounted(here, count, told, took, len(done))
    eventually(lambda: unwell(here) == {}, 30.0, "everybody is up again")
    return figures


def finished(here: Site) -> dict[str, Any] | None:
    """The send when it is finished; its books balance at every look."""
    try:
        told = dict(here.ask("email.campaign.status", send="drill"))
    except RemoteError:  # on a busy machine the root, too, may take its database for dead
        return None
    assert told["books"]["balanced"], told
    assert told["state"] not in ("blocked", "paused", "cancelled"), told
    return told if told["state"] == "finished" else None


def accounted(here: Site, count: int, told: dict[str, Any], seconds: float, kills: int) -> Figures:
    """The send's books against the mail server's own."""
    found = told["books"]
    assert found["targeted"] == found["handed"] + found["in_doubt"] == count, told
    listed = here.ask("email.campaign.people", send="drill", state="in_doubt", limit=LIMIT)
    doubted = {row["person_id"] for row in listed}
    assert len(doubted) == found["in_doubt"]
    ids = {key_of(SOURCE, ID, RULE, person(number)): person(number) for number in range(count)}
    copies = here.copies()
    assert copies.keys() <= ids.keys()
    missing = {id for key, id in ids.items() if key not in copies}
    doubled = {ids[key] for key, times in copies.items() if times > 1}
    assert missing <= doubted
    assert doubled <= doubted
    return Figures(
        people=count,
        seconds=round(seconds, 1),
        mails_per_s=round(count / seconds, 1),
        kills=kills,
        handed=found["handed"],
        in_doubt=len(doubted),
        arrived=sum(copies.values()),
        doubled=len(doubled),
        not_arrived=len(missing),
        skipped=found["skipped"],
    )
