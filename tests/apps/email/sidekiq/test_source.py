"""The reader against a real Redis and the embedded broker."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from actors.errors import Unavailable
from apps.email.config import Email
from apps.email.queues import DECIDING
from apps.email.sidekiq.job import Job, parse
from apps.email.sidekiq.metrics import jobs
from apps.email.sidekiq.queues import Queues
from apps.email.sidekiq.source import Source
from apps.email.sidekiq.spec import sidekiq_specs
from supervision import ChildSpec
from supervision.config import Settings
from tests.apps.email.deciding import Desk, desk

CLASSES = {
    "ResetMailer": {"event": "password_reset", "args": ["to", "link"]},
    "Broken": {"event": "password_reset", "args": ["nobody"]},
}


class Site:
    """Keys of this test's own in the shared Redis, and a tree with broker and decider's queues."""

    def __init__(self, url: str, one: Desk) -> None:
        self.prefix = f"test:{uuid.uuid4().hex}:"
        self.redis = redis.Redis.from_url(url)
        self.desk = one
        section = {"url": url, "queues": ["critical", "mailers"], "classes": CLASSES, "poll_seconds": 0.05}
        self.config = Email.model_validate({"sidekiq": section})
        self.counts: Counter[str] = Counter()

    def start(self) -> None:
        args = (self.config, self.config.sidekiq, self.counts, self.prefix)
        self.desk.start(ChildSpec(id="sidekiq", actor=Source, args=args))

    def push(self, *jobs: dict[str, Any] | bytes, queue: str = "mailers") -> None:
        raw = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in jobs]
        self.redis.lpush(f"{self.prefix}queue:{queue}", *raw)

    def length(self, key: str) -> int:
        kind = self.redis.type(self.prefix + key)
        return int(self.redis.zcard(self.prefix + key) if kind == b"zset" else self.redis.llen(self.prefix + key))

    def members(self, key: str) -> list[tuple[Job, float]]:
        found: Any = self.redis.zrange(self.prefix + key, 0, -1, withscores=True)
        return [(parse(raw), score) for raw, score in found]

    def events(self, count: int) -> None:
        self.desk.until(lambda: self.desk.status(DECIDING).depth == count)


def job(number: int, name: str = "ResetMailer", **fields: Any) -> dict[str, Any]:
    args = [f"person-{number}@example.org", "https://example.org/r"]
    return {
        "class": name,
        "args": args,
        "jid": f"{number:024}",
        "queue": "mailers",
        "retry": True,
        "created_at": 1.5,
        **fields,
    }


@pytest.fixture
def site(tmp_path: Path, redis_url: str) -> Iterator[Site]:
    with desk(tmp_path, started=False) as one:
        found = Site(redis_url, one)
        yield found
        for key in found.redis.scan_iter(f"{found.prefix}*"):
            found.redis.delete(key)
        found.redis.close()


def test_jobs_become_events_once_they_are_durable(site: Site) -> None:
    site.push(*map(job, range(250)))
    site.push(job(900), queue="critical")
    site.start()
    site.events(251)
    site.desk.until(lambda: site.counts["events"] == 251)
    assert site.length("working:rookery:mailers") == site.length("working:rookery:critical") == 0
    assert site.length("queue:mailers") == 0
    (family,) = jobs(site.desk.tree.system)
    assert {sample.labels["outcome"]: sample.value for sample in family.samples}["events"] == 251


def test_what_a_crash_left_behind_comes_first_and_nothing_is_lost(site: Site) -> None:
    queues = Queues(site.config.sidekiq.url.get_secret_value(), "rookery", ["mailers"], site.prefix)
    site.push(*map(job, range(5)))
    taken = queues.take(3)
    assert [parse(one.raw).jid[-1] for one in taken] == ["0", "1", "2"]
    queues.finish(taken[:1])
    assert (site.length("queue:mailers"), site.length("working:rookery:mailers")) == (2, 2)
    assert queues.recover() == 2
    assert [parse(one.raw).jid[-1] for one in queues.take(9)] == ["1", "2", "3", "4"]
    queues.close()
    site.start()
    site.events(4)
    assert site.counts["recovered"] == 4


def test_what_another_process_held_comes_back_when_it_is_missed(site: Site) -> None:
    url = site.config.sidekiq.url.get_secret_value()
    lost, other = (Queues(url, "rookery", ["mailers"], site.prefix, f"/nodes/{number}") for number in (1, 2))
    site.push(job(1), job(2))
    assert (lost.show_life(), other.show_life()) == (0, 0)
    lost.take(1)
    assert (other.recover(), other.show_life()) == (0, 0)
    site.redis.delete(f"{site.prefix}alive:rookery.nodes.1")
    assert other.show_life() == 1
    assert [parse(one.raw).jid[-1] for one in other.take(9)] == ["1", "2"]
    lost.close()
    other.close()


def test_a_job_that_cannot_be_decided_goes_sidekiqs_way(site: Site) -> None:
    site.push(
        job(1, "Unknown"),
        job(2, "Broken", retry=0),
        job(3, "Broken", retry=False),
        b"no job",
        job(4, args=["no address", "x"]),
    )
    site.start()
    site.desk.until(lambda: sum(site.counts.values()) == 5)
    assert dict(site.counts) | {"recovered": 0} == {
        "retry": 2,
        "dead": 1,
        "discarded": 1,
        "malformed": 1,
        "recovered": 0,
    }
    retries = {found.jid[-1]: found.fields for found, _ in site.members("retry")}
    assert set(retries) == {"1", "4"}
    assert (retries["1"]["error_class"], retries["1"]["retry_count"]) == ("JobClassUnknown", 0)
    dead: list[bytes] = site.redis.zrange(f"{site.prefix}dead", 0, -1)  # type: ignore[assignment]
    assert b"no job" in dead and len(dead) == 2
    assert site.length("working:rookery:mailers") == 0


def test_due_jobs_of_our_queues_come_back_and_others_stay(site: Site) -> None:
    def add(name: str, one: dict[str, Any], score: float) -> None:
        site.redis.zadd(site.prefix + name, {json.dumps(one): score})

    add("retry", job(1, retry_count=0, failed_at=2.0), 10.0)
    add("schedule", job(2), 20.0)
    add("retry", job(3, queue="reports"), 10.0)
    add("schedule", job(4), 4e12)
    site.start()
    site.events(2)
    assert [found.jid[-1] for found, _ in site.members("retry")] == ["3"]
    assert [found.jid[-1] for found, _ in site.members("schedule")] == ["4"]


def test_without_the_broker_jobs_stay_in_redis(site: Site) -> None:
    site.desk.stop("broker")
    site.push(job(1))
    site.start()
    site.desk.until(lambda: site.counts["unavailable"] > 0)
    assert site.length("queue:mailers") + site.length("working:rookery:mailers") == 1
    assert site.counts["events"] == 0
    site.desk.restart("broker")
    site.events(1)


def test_a_redis_that_is_not_there_is_said_without_its_password() -> None:
    queues = Queues("redis://:secret@127.0.0.1:1/0", "rookery", ["mailers"])
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/0") as unavailable:
        queues.take(1)
    assert "secret" not in str(unavailable.value)
    queues.close()


def test_it_is_off_unless_configured(site: Site, tmp_path: Path) -> None:
    off, on = Email.model_validate({}), site.config
    assert sidekiq_specs(Settings(tmp_path, {}, (), {"email": off})) == []
    assert [spec.id for spec in sidekiq_specs(Settings(tmp_path, {}, (), {"email": on}))] == ["sidekiq"]
