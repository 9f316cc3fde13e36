"""kill -9 of nodes and of the root while the whole hub works on RabbitMQ and PostgreSQL: sign-ups, and a broadcast.

Every text that came in is stored once and answered at most once, and exactly once unless the answer is in doubt; the
broadcast's books balance; what reached a phone twice is in doubt; the carrier's watcher saw no window too full, and
`verify-limits` proves each limit from the logs.
"""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select

from actors.carrier.simulated import phones, post, watcher
from actors.carrier.simulated.network import FILE_NAME
from apps.sms.tables import members, texts
from tests.apps.sms.hub.conversing import OURS, QUESTIONS
from tests.drills.deaths import killed
from tests.drills.servers import QUICK, unwell
from tests.drills.site import Site, eventually, site
from tests.supervision.roots import COMMAND

pytestmark = pytest.mark.timeout(300)

SIGNING_UP, JOINED = 150, 1500
SAID = ("hello", "Mary Ann", "1980", "how are the birds?")
ANSWERS = ("Hi, this is Ada!\nWhat is your name?", "Which year were you born in, Mary Ann?", "Thanks, Mary Ann!")
#: The carrier counts arrivals, and machines of tests are busy: the slack is what may pass on the way.
AMOUNT, SECONDS, SLACK_SECONDS = 1200, 4.0, 0.2
KILL_SECONDS = 3.0
#: Texts whose fate is known, or known to be in doubt.
FINAL = {"handed", "delivered", "in_doubt"}
LIMITS = f"sms.limits=[{{name: partner, scope: [carrier, sim], amount: {AMOUNT}, seconds: {SECONDS}, "
LIMITS += f"slack_seconds: {SLACK_SECONDS}}}]"
CARRIER = "sms.carriers=[{name: sim, simulated: {window: 40, behaviour: [{answer_seconds: [0.0, 0.02]}], "
CARRIER += f"limits: [{{name: partner, most: {AMOUNT}, seconds: {SECONDS}}}]}}}}]"


class Hub:
    """The site, seen through its tables and its phones."""

    def __init__(self, here: Site, engine: Engine) -> None:
        self.here, self.engine = here, engine
        self.network = here.home / FILE_NAME
        self.people = [f"+1415555{number:04}" for number in range(SIGNING_UP)]

    def prepare(self) -> None:
        """A leader, and members who joined before."""
        eventually(self._has_database, 30.0, "the database")
        self.here.ask("sms.leader.put", id="ada", name="Ada", sign_up=QUESTIONS)
        self.here.ask("sms.number.put", number=OURS, leader="ada", carrier="sim")
        now = datetime.now(UTC)
        common = {"leader": "ada", "our_number": OURS, "state": "joined", "answers": {}, "joined_at": now}
        rows = [{**common, "number": f"+1212{2_000_000 + place}", "created_at": now} for place in range(JOINED)]
        with self.engine.begin() as conn:
            conn.execute(members.insert(), rows)

    def _has_database(self) -> bool:
        return self.here.rows().get("/database/pool", {}).get("state") == "running"

    def say(self, turn: int) -> None:
        """Everybody who signs up says the next thing, and their phones wait for the answer."""
        post.type_texts(self.network, "sim", [(who, OURS, SAID[turn]) for who in self.people])
        told = (turn + 1) * SIGNING_UP
        eventually(lambda: len(self.rows(direction="in", state="settled")) == told, 60.0, f"{told} texts settled")

    def rows(self, **where: str) -> Sequence[Any]:
        wanted = (texts.c[name] == value for name, value in where.items())
        with self.engine.connect() as conn:
            return conn.execute(select(texts).where(*wanted).order_by(texts.c.id)).all()

    def finished(self) -> bool:
        return all(row.state in FINAL for row in self.rows(direction="out"))

    def books(self, broadcast: int) -> dict[str, Any]:
        return dict(self.here.ask("sms.broadcast.status", broadcast=broadcast)["books"])


@pytest.fixture
def hub(tmp_path: Path, vhost: str, postgres_url: str) -> Iterator[Hub]:
    servers = (f"database.url={postgres_url}", f"broker.url={vhost}", *QUICK)
    engine = create_engine(postgres_url)
    with site(tmp_path / "home", "nodes.count=2", "sms.inbound_buckets=2", CARRIER, LIMITS, *servers) as here:
        here.start()
        yield Hub(here, engine)
    engine.dispose()


def test_the_whole_hub_survives(hub: Hub) -> None:
    hub.prepare()
    order = {"leader": "ada", "name": "drill", "template": "The birds are back!", "segment": {}}
    broadcast = hub.here.ask("sms.broadcast.start", **order)["id"]
    with killed(hub.here, KILL_SECONDS) as kills:
        hub.say(0)
        hub.say(1)
        eventually(lambda: len(kills) >= 2, 20.0, "two nodes killed")
    hub.here.kill()
    hub.here.start()
    hub.say(2)
    hub.say(3)
    eventually(lambda: hub.books(broadcast)["pending"] == 0, 90.0, "all of the broadcast is accounted for")
    eventually(hub.finished, 90.0, "all texts are accounted for")
    _conversations(hub)
    books = hub.books(broadcast)
    assert books["balanced"] and books["targeted"] == JOINED, books
    assert books["delivered"] + books["handed"] + books["in_doubt"] == JOINED, books
    _phones(hub)
    assert watcher.violations(hub.network) == 0, watcher.watched(hub.network)
    logs = sorted(map(str, (hub.here.home / "sms" / "handovers").iterdir()))
    done = subprocess.run([*COMMAND, "sms", "verify-limits", *logs, "--json"], capture_output=True, timeout=60.0)
    assert done.returncode == 0, done
    proof = json.loads(done.stdout)
    assert proof["proven"] and proof["handovers"] >= len(phones.segments(hub.network))
    eventually(lambda: unwell(hub.here) == {}, 30.0, "everybody is up again")
    assert hub.here.stop() == 0


def _conversations(hub: Hub) -> None:
    """Each text is a row once, in order, and has its one answer."""
    received, sent = hub.rows(direction="in"), hub.rows(direction="out")
    assert Counter(row.member for row in received) == dict.fromkeys(hub.people, len(SAID))
    answers = [row for row in sent if row.cause]
    for who in hub.people:
        assert [row.body for row in received if row.member == who] == list(SAID)
        assert [row.body for row in answers if row.member == who] == list(ANSWERS)


def _phones(hub: Hub) -> None:
    """What was sent arrived once, unless it is in doubt."""
    sent = hub.rows(direction="out")
    doubted = {row.key for row in sent if row.state == "in_doubt"}
    reached = {segment.key for segment in phones.segments(hub.network)}
    assert {row.key for row in sent} <= reached | doubted
    assert {key for key, _ in phones.doubled(hub.network)} <= doubted
