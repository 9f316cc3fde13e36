"""Sidekiq as a sink: `sidekiq.push` gives a Ruby worker something to do. Runs in a verb's own thread."""

import secrets
from typing import Any

from pydantic import Field

from apps.email.config import Email
from apps.email.sidekiq.errors import SidekiqOff
from apps.email.sidekiq.job import new
from supervision.verbs import Params, Site, Verb


class PushParams(Params):
    class_name: str = Field(pattern=r"^[A-Z]\w*(::[A-Z]\w*)*$", description="the worker's class")
    args: list[Any] = Field(default_factory=list, description="its arguments")
    queue: str = Field("default", pattern=r"^[\w.-]+$", description="the queue it reads")


def push(site: Site, params: PushParams) -> dict[str, str]:
    """The job's jid, once Redis has it. Raises SidekiqOff, Unavailable."""
    config: Email = site.settings.section("email")
    sidekiq = config.sidekiq
    if sidekiq is None:
        raise SidekiqOff("email.sidekiq is not configured: it says where Redis is")
    from apps.email.sidekiq.queues import Queues

    queues = Queues(sidekiq.url.get_secret_value(), sidekiq.name, sidekiq.queues)
    jid, now = secrets.token_hex(12), site.system.clock.time()
    milliseconds = sidekiq.times == "milliseconds"
    try:
        queues.push(new(params.class_name, params.args, params.queue, jid, now, milliseconds=milliseconds))
    finally:
        queues.close()
    return {"jid": jid}


VERBS = (Verb("sidekiq.push", PushParams, push, writes=True, doc="Push a job into a Sidekiq queue."),)
