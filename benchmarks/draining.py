"""A spike of texts on its way from the queues into the hub: a root with the whole SMS app, in PostgreSQL.

Used by `inbound`, in parts by `flood`. The leaders are written before the spike; who texts them signs up, so each
conversation is answered. Those answers stay where they are: their carrier cannot be reached.
"""

import time
from pathlib import Path

import yaml

from benchmarks.mail_site import START_SECONDS, Site
from supervision.control import client

APPS = [
    *("actors.database", "actors.broker", "actors.rpc", "actors.lease", "actors.pipeline.rates"),
    *("actors.pipeline.connector", "apps.people", "apps.sms"),
]
NOBODY = {"url": "http://127.0.0.1:9", "account": "AC0", "secret": "none", "callback_url": "https://sms.example.org"}
BUCKETS = 8
LOOK_SECONDS, PATIENCE_SECONDS = 0.25, 600.0
_DONE = "SELECT count(*), count(*) FILTER (WHERE state <> 'received') FROM sms_texts WHERE direction = 'in'"
_ORDERED = "SELECT leader, member, body FROM sms_texts WHERE direction = 'in' AND leader LIKE %s ORDER BY id"

Points = list[tuple[float, float]]


class DrainSite(Site):
    """A root that works: pipelines and hub in its nodes, no web server."""

    def config(self) -> Path:
        settings = {
            "apps": APPS,
            "database": {"url": "${BENCH_POSTGRES}"},
            "broker": {"url": "${BENCH_AMQP}"},
            "sms": {"inbound_buckets": BUCKETS, "carriers": [{"name": "tw", "http": NOBODY}], "limits": []},
            "log": {"level": "error"},
        }
        path = self.home / "config.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path

    def _await_all(self) -> None:
        """The database at least; links wait for a carrier that is not there."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            rows = client(self.home).call("tree")["rows"]
            pools = [row["state"] for row in rows if row["path"].endswith("/database/pool")]
            if pools and all(state == "running" for state in pools):
                return
            time.sleep(LOOK_SECONDS)
        raise SystemExit(f"the database is not there after {START_SECONDS:g} s")


def write_leaders(site: Site, numbers: list[str]) -> None:
    """One for each number, by the verbs of a running root."""
    with site.root():
        ask = client(site.home)
        for leader, number in enumerate(numbers):
            ask.call("sms.leader.put", id=f"leader-{leader}", name=f"Leader {leader}")
            ask.call("sms.number.put", number=number, leader=f"leader-{leader}", carrier="tw")


def drain(site: Site, texts: int) -> Points:
    """(seconds, texts that the hub is done with), from the first one on. Raises SystemExit when it takes too long."""
    points: Points = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    with site.root(), site.connect() as connection:
        begun = time.perf_counter()
        done = 0
        while done < texts:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {done} of {texts} texts were worked on in {PATIENCE_SECONDS:.0f} s")
            row = connection.execute(_DONE).fetchone()
            there, done = row if row is not None else (0, 0)  # type: ignore[assignment]
            if not there:
                begun = time.perf_counter()
            points.append((time.perf_counter() - begun, float(done)))
            time.sleep(LOOK_SECONDS)
    return points


def check_order(site: Site, texts: int, leader: str = "%") -> None:
    """Every text to these leaders is there once, and each conversation in order. Raises SystemExit."""
    last: dict[tuple[object, object], int] = {}
    count = astray = 0
    with site.connect() as connection:
        for whose, member, body in connection.execute(_ORDERED, (leader,)):
            number = int(str(body).partition(":")[0])
            astray += number != last.get((whose, member), -1) + 1
            last[whose, member] = number
            count += 1
    if count != texts or astray:
        raise SystemExit(f"{count} texts are in the database of {texts} accepted, {astray} not behind the one before")
