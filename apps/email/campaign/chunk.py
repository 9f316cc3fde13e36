"""The chunk message: which numbers of a frozen audience, of which send. A value; any thread.

It names nobody: who stands behind a number is read when the chunk is worked on, so a person who has since unsubscribed
is seen as they are. Twice the same message is harmless: the second finds the claims taken.
"""

import json
from dataclasses import dataclass

from actors.broker import Message
from apps.email.errors import EmailError

SCHEMA = 1
#: The queue of all chunks, from every fan-out to every dispatcher.
QUEUE = "email.chunks"


class ChunkUnreadable(EmailError):
    """The body in the queue is not a chunk this version understands."""

    title = "The chunk cannot be read"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Positions `first` to `last`, both included, of the audience of a send as it was at `version`."""

    send_id: int
    number: int
    first: int
    last: int
    version: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def to_json(self) -> bytes:
        return json.dumps({"schema": SCHEMA, **{name: getattr(self, name) for name in Chunk.__slots__}}).encode()

    @staticmethod
    def from_json(body: bytes) -> "Chunk":
        """Raises ChunkUnreadable."""
        try:
            fields = json.loads(body)
            schema = fields.pop("schema")
            chunk = Chunk(**fields)
            wrong = [name for name in Chunk.__slots__ if type(getattr(chunk, name)) is not int]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ChunkUnreadable(f"the body is not a chunk: {error!r}") from error
        if schema != SCHEMA or wrong:
            raise ChunkUnreadable(f"schema {schema!r}, no whole numbers: {wrong}; this version reads schema {SCHEMA}")
        return chunk

    def to_message(self) -> Message:
        return Message(
            body=self.to_json(),
            routing_key=QUEUE,
            content_type="application/json",
            message_id=f"{self.send_id}-{self.number}",
        )


def chunk_of(send_id: int, number: int, size: int, targeted: int, version: int) -> Chunk:
    """The `number`-th chunk (from 1) of an audience of `targeted`. Raises ValueError when there is none."""
    first = (number - 1) * size + 1
    if not 1 <= first <= targeted:
        raise ValueError(f"there is no chunk {number}: {targeted} people in chunks of {size}")
    return Chunk(send_id, number, first, min(number * size, targeted), version)


def chunks_in(targeted: int, size: int) -> int:
    """How many chunks an audience makes."""
    return -(-targeted // size)
