"""The way of a send from its draft to its end, with doubles of the broker and of the dispatchers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from actors.broker import Message
from apps.email.campaign import sends
from apps.email.campaign.chunk import Chunk
from apps.email.campaign.config import Campaign
from apps.email.campaign.fanout import Outcome, step
from apps.email.campaign.sends import Send
from apps.email.campaign.states import OVER
from tests.apps.email.campaign.world import ME, NOW, dispatch

CONFIG = Campaign.model_validate({"freeze_page": 2, "chunks_in_flight": 2})


class Transactions:
    """What the actor's database offers, straight on an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._engine.begin() as conn:
            yield conn

    read = begin


@dataclass
class Queue:
    """A broker that takes everything."""

    chunks: list[Chunk] = field(default_factory=list)

    def publish(self, messages: Sequence[Message]) -> None:
        self.chunks += [Chunk.from_json(message.body) for message in messages]


def one_step(engine: Engine, id: int, queue: Queue, holder: str = ME) -> Outcome:
    return step(Transactions(engine), queue.publish, id, holder, CONFIG, (), NOW)


def fan_out(engine: Engine, id: int) -> tuple[Send, Counter[str]]:
    """To the end: the send, and how often each person's mail was handed over."""
    queue, handed = Queue(), Counter[str]()
    for _ in range(100):
        one_step(engine, id, queue)
        with engine.begin() as conn:
            send = sends.load(conn, id)
            for chunk in queue.chunks:
                dispatch(conn, send, chunk, ME, handed)
        queue.chunks.clear()
        if send.state in OVER:
            break
    return send, handed
