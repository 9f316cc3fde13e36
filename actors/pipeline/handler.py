"""The user's code: one object per pipeline, whose methods are called in the threads of the pipeline's stages.

All processors and batch processors share the object, so what it keeps must be safe for that; `context` is given to
every call for what it only reads. An exception fails the messages in hand and nothing else.
"""

from collections.abc import Sequence
from typing import Any, Final

from actors.pipeline.batching import BatchInfo
from actors.pipeline.message import Message
from supervision.system import System


class NotSet:
    """What `context` is when the options give none."""

    def __repr__(self) -> str:
        return "CONTEXT_NOT_SET"


CONTEXT_NOT_SET: Final = NotSet()


class Handler:
    """Override `handle_message`, and `handle_batch` once there are batchers. The rest is optional."""

    def begin(self, system: System) -> None:
        """The pipeline is about to start, in this system; before every start of it, in its supervisor's thread."""

    def handle_message(self, message: Message, context: Any) -> Message:
        """Work on one message; return it, changed by its own methods. Runs in a processor."""
        raise NotImplementedError(f"{type(self).__name__} has no handle_message")

    def handle_batch(self, batcher: str, messages: list[Message], info: BatchInfo, context: Any) -> Sequence[Message]:
        """Work on one batch; return all its messages, in any order, failed ones as such. Runs in a batch processor."""
        raise NotImplementedError(f"{type(self).__name__} has no handle_batch")

    def prepare_messages(self, messages: list[Message], context: Any) -> Sequence[Message]:
        """Do at once for a chunk what every message of it needs, such as one query; return as many as came."""
        return messages

    def handle_failed(self, messages: list[Message], context: Any) -> Sequence[Message]:
        """Look at failed messages right before they are acknowledged as such; data and acknowledger may be changed."""
        return messages


def overrides(handler: Handler, method: str) -> bool:
    """Whether the user wrote this method; what nobody wrote is not called."""
    return getattr(type(handler), method) is not getattr(Handler, method) or method in vars(handler)
