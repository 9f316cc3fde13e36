"""Casts to peers that must not get lost: in order, and again later when a full mailbox refused one. One thread.

Demand bounds what is under way between two stages, so a mailbox is full only if strangers flood it, or a fault on
purpose does. What is refused waits here, never more than what was asked for.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from supervision.errors import MailboxFull, NoProc


class Post:
    """`cast` is the actor's own; it raises NoProc and MailboxFull."""

    def __init__(self, cast: Callable[[str, Any], None]) -> None:
        self._cast = cast
        self.waiting: dict[str, deque[Any]] = {}

    def send(self, path: str, message: Any) -> list[Any]:
        """Send behind what already waits for that path. Returns the messages for which nobody is there."""
        if path in self.waiting:
            self.hold(path, message)
            return []
        try:
            self._cast(path, message)
        except NoProc:
            return [message]
        except MailboxFull:
            self.hold(path, message)
        return []

    def hold(self, path: str, message: Any) -> None:
        """Send it at the next `retry`."""
        self.waiting.setdefault(path, deque()).append(message)

    def retry(self) -> list[Any]:
        """Try all that waits once more. Returns the messages for which nobody is there."""
        lost: list[Any] = []
        waiting, self.waiting = self.waiting, {}
        for path, messages in waiting.items():
            for message in messages:
                lost += self.send(path, message)
        return lost

    def clear(self) -> list[Any]:
        """The messages that wait."""
        held = [message for messages in self.waiting.values() for message in messages]
        self.waiting.clear()
        return held
