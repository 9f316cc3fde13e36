"""Texts out while whoever hands them over is killed with -9: the books balance and no limit is exceeded.

Everything that was queued is handed over, or in doubt; what reached a phone twice is none of it; the carrier's own
watcher saw no window too full, and the hand-over logs prove each limit. Two roots on the same servers do the same.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select, text

from actors.carrier.simulated import phones, watcher
from actors.carrier.simulated.network import FILE_NAME
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.limits.verifier import verify
from apps.sms.states import Lane
from apps.sms.tables import leaders, numbers, texts
from tests.drills.servers import QUICK, unwell
from tests.drills.site import Site, eventually, site

pytestmark = pytest.mark.timeout(300)

OURS, SENDERS = "+15559000000", 4
#: The carrier counts arrivals, and machines of tests are busy: the slack is what may pass on the way.
AMOUNT, SECONDS, SLACK_SECONDS = 400, 4.0, 0.2
NUMBER_AMOUNT = 120
FINAL = {"handed", "delivered", "in_doubt"}


def carrier(network: Path) -> str:
    """As for `--set`; roots that share a network share the carrier."""
    strict = f"[{{name: partner, most: {AMOUNT}, seconds: {SECONDS}}}, "
    strict += f"{{name: number, most: {NUMBER_AMOUNT}, seconds: {SECONDS}, each: true}}]"
    simulated = f"{{file: {network}, window: 40, limits: {strict}, behaviour: [{{answer_seconds: [0.0, 0.02]}}]}}"
    return f"sms.carriers=[{{name: sim, simulated: {simulated}}}]"


def limits() -> str:
    slack = f"seconds: {SECONDS}, slack_seconds: {SLACK_SECONDS}"
    partner = f"{{name: partner, scope: [carrier, sim], amount: {AMOUNT}, {slack}}}"
    number = f'{{name: number, scope: [number, "*"], amount: {NUMBER_AMOUNT}, {slack}}}'
    return f"sms.limits=[{partner}, {number}]"


class Drill:
    """Sites on one database and one network."""

    def __init__(self, engine: Engine, sites: Sequence[Site], network: Path) -> None:
        self.engine, self.sites, self.network = engine, sites, network

    def queue(self, count: int) -> None:
        now = datetime.now(UTC)
        ours = [f"{OURS[:-1]}{place}" for place in range(SENDERS)]
        with self.engine.begin() as conn:
            conn.execute(leaders.insert().values(id="ada", name="Ada", sign_up={}, created_at=now))
            for number in ours:
                row = {"number": number, "type": "e164", "leader": "ada", "carrier": "sim", "created_at": now}
                conn.execute(numbers.insert().values(row))
            rows = [
                Outgoing(f"k{n}", "ada", f"+1555{n:07}", ours[n % SENDERS], Lane.BROADCAST, "Hello")
                for n in range(count)
            ]
            queue(conn, rows, now)

    def states(self) -> Counter[str]:
        with self.engine.connect() as conn:
            rows = conn.execute(select(texts.c.state, func.count()).group_by(texts.c.state)).all()
        return Counter(dict(rows))

    def arrived(self) -> int:
        return len(phones.segments(self.network))

    def holder(self) -> tuple[Site, int] | None:
        """The site whose node has links, and the process of that node."""
        for here in self.sites:
            for path, row in here.rows().items():
                if path.endswith("/sms/outbound/links/sim-1") and row["state"] == "running":
                    return here, here.rows()[path.removesuffix("/sms/outbound/links/sim-1")]["pid"]
        return None

    def kill_holder(self) -> None:
        found = eventually(self.holder, 30.0, "somebody holds the lease")
        assert found is not None
        os.kill(found[1], signal.SIGKILL)

    def finished(self, count: int) -> Counter[str] | None:
        states = self.states()
        return states if sum(states[one] for one in FINAL) == count else None

    def account(self, count: int) -> None:
        """Nobody is skipped or doubled, no window was too full, and each receipt found its text."""
        eventually(lambda: self.states()["handed"] == 0, 60.0, "all receipts")
        with self.engine.connect() as conn:
            doubted = set(conn.execute(select(texts.c.key).where(texts.c.state == "in_doubt")).scalars())
        reached = {segment.key for segment in phones.segments(self.network)}
        assert {f"k{n}" for n in range(count)} <= reached | doubted
        assert {key for key, _ in phones.doubled(self.network)} == set()
        assert watcher.violations(self.network) == 0, watcher.watched(self.network)
        assert self.proven()

    def proven(self) -> bool:
        files = [file for here in self.sites for file in sorted((here.home / "sms" / "handovers").iterdir())]
        with ExitStack() as stack:
            logs = {str(file): stack.enter_context(file.open(newline="\n")) for file in files}
            found = verify(logs)
        return found.proven and found.handovers >= self.arrived()


@contextmanager
def drill(
    tmp_path: Path, roots: int, url: str | None = None, broker: str | None = None, more: Sequence[str] = ()
) -> Iterator[Drill]:
    """`more` settings, over those that a drill has."""
    network = tmp_path / FILE_NAME
    servers = [f"{name}.url={at}" for name, at in (("database", url), ("broker", broker)) if at]
    settings: list[Any] = ["nodes.count=2", carrier(network), limits(), *servers, *(QUICK if broker else ()), *more]
    with ExitStack() as stack:
        sites = [stack.enter_context(site(tmp_path / f"home{number}", *settings)) for number in range(roots)]
        for here in sites:
            here.start()
        engine = create_engine(url or f"sqlite:///{sites[0].home / 'rookery.sqlite'}", connect_args={})
        stack.callback(engine.dispose)
        with engine.connect() as conn:
            conn.execute(text("SELECT 1"))
        yield Drill(engine, sites, network)


def test_the_node_that_hands_over_is_killed(tmp_path: Path) -> None:
    count = 1200
    with drill(tmp_path, 1) as one:
        one.queue(count)
        for share in (0.2, 0.6):
            eventually(lambda share=share: one.arrived() >= share * count, 60.0, "the first texts")  # type: ignore[misc]
            one.kill_holder()
        eventually(lambda: one.finished(count), 90.0, "all texts are accounted for")
        one.account(count)
        # At most what was claimed: two windows of the link, each time.
        assert one.states()["in_doubt"] <= 2 * 2 * 40
        eventually(lambda: unwell(one.sites[0]) == {}, 30.0, "everybody is up again")
        assert one.sites[0].stop() == 0


def test_two_roots_on_the_same_servers_are_one_authority(tmp_path: Path, vhost: str, postgres_url: str) -> None:
    count = 2400
    with drill(tmp_path, 2, postgres_url, vhost) as two:
        two.queue(count)
        eventually(lambda: two.arrived() >= 0.3 * count, 60.0, "the first texts")
        found = eventually(two.holder, 30.0, "somebody holds the lease")
        assert found is not None
        found[0].kill()
        eventually(lambda: two.finished(count), 120.0, "all texts are accounted for")
        two.account(count)
        other = next(here for here in two.sites if here is not found[0])
        assert two.holder() is not None and other.stop() == 0
