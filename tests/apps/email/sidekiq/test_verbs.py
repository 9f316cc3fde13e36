import uuid
from pathlib import Path

import pytest
import redis

from apps.email.config import Email
from apps.email.sidekiq.errors import SidekiqOff
from apps.email.sidekiq.job import parse
from apps.email.sidekiq.verbs import PushParams, push
from supervision.config import Settings
from supervision.system import System
from supervision.verbs import Site


def site(home: Path, **section: object) -> Site:
    return Site(System(), Settings(home, {}, (), {"email": Email.model_validate(section)}))


def test_a_pushed_job_lies_in_its_queue(tmp_path: Path, redis_url: str) -> None:
    queue = f"test-{uuid.uuid4().hex}"
    there = site(tmp_path, sidekiq={"url": redis_url, "times": "milliseconds"})
    answer = push(there, PushParams(class_name="Reports::Job", args=[1, "a"], queue=queue))
    with redis.Redis.from_url(redis_url) as server:
        job = parse(server.lpop(f"queue:{queue}"))
        server.srem("queues", queue)
    assert (job.jid, job.fields["class"], job.fields["args"]) == (answer["jid"], "Reports::Job", [1, "a"])
    assert job.milliseconds


def test_it_needs_to_be_configured(tmp_path: Path) -> None:
    with pytest.raises(SidekiqOff):
        push(site(tmp_path), PushParams(class_name="Job"))
