"""What can be asked about the broker: its queues, and the messages that lie in them. Reads only; any thread."""

import json
from dataclasses import asdict
from typing import Any

from pydantic import Field

from actors.broker.deaths import deaths
from actors.broker.outbox.actor import FORWARDER
from actors.broker.outbox.verbs import in_words, outbox
from actors.broker.port import PUBLISHER, QueueStatus, Waiting
from actors.broker.specs import engine_of, section
from actors.broker.topology import DEAD_LETTERS
from supervision.tree import State
from supervision.verbs import NoParams, Params, Probe, Site, Verb

#: As much of a body is shown at most.
BODY_BYTES = 65536


class DeadLettersParams(Params):
    """Which queue to look into, and how far. Bodies may hold what not everybody should read, so they are asked for."""

    queue: str = Field(DEAD_LETTERS, min_length=1, max_length=255)
    limit: int = Field(100, ge=1, le=10_000)
    bodies: bool = False


def queues(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """All queues by name, with what waits in them."""
    return [_queue(status) for status in engine_of(site.settings).statuses()]


def dead_letters(site: Site, params: DeadLettersParams) -> list[dict[str, Any]]:
    """The first messages of the queue for dead letters, each with how it died."""
    waiting = engine_of(site.settings).peek(params.queue, params.limit, BODY_BYTES if params.bodies else 0)
    return [_letter(letter, params.bodies) for letter in waiting]


def probes(site: Site) -> tuple[Probe, ...]:
    """For /readyz."""
    return (Probe("broker", lambda: _why_not(site)),)


def _queue(status: QueueStatus) -> dict[str, Any]:
    return {**asdict(status), "depth": status.depth}


def _letter(letter: Waiting, with_body: bool) -> dict[str, Any]:
    message = letter.message
    plain: dict[str, Any] = {
        "message_id": message.message_id,
        "content_type": message.content_type,
        "bytes": letter.size,
        "age_seconds": letter.age_seconds,
        "deaths": [asdict(death) for death in deaths(message.headers)],
        "headers": {name: _shown(value) for name, value in message.headers.items() if name != "x-death"},
    }
    return {**plain, "body": message.body.decode(errors="replace")} if with_body else plain


def _shown(value: Any) -> Any:
    """Other programs' headers may hold what JSON cannot carry: times, bytes."""
    return json.loads(json.dumps(value, default=str))


def _why_not(site: Site) -> str | None:
    path = PUBLISHER if section(site.settings).outbox is None else FORWARDER
    status = site.system.whereis(path)
    if status is None:
        return "the publisher is not in the tree"
    if status.state is State.RUNNING:
        return None
    wait = "" if status.retry_in is None else f", next try in {status.retry_in:.1f} s"
    row = site.system.tree.get(path)
    because = f": {row.last_reason}" if row is not None and row.last_reason else ""
    return f"the publisher is {status.state}{wait}{because}{in_words(site.settings)}"


VERBS = (
    Verb("broker.queues", NoParams, queues, doc="All queues, with what waits in them."),
    Verb("broker.dead_letters", DeadLettersParams, dead_letters, doc="Dead-lettered messages, and how they died."),
    Verb("broker.outbox", NoParams, outbox, doc="What waits on this machine for the broker to come back."),
)
