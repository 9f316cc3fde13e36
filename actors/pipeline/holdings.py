"""Who holds messages at which path, so that what a stage leaves behind is given back, once. Any thread.

A stage gives back what it holds when it ends. A thread that hangs never gets there: its supervisor abandons it and
starts another stage at its path, and that one gives back what the first held. Whoever claims first does it.

Not guaranteed: that an abandoned handler had no effect before; its messages come again, as after any crash.
"""

import threading
from typing import Any, Protocol


class Holder(Protocol):
    """A stage; `in_hand` is what it works on right now."""

    in_hand: list[Any]

    def take_held(self) -> list[Any]: ...


class Holdings:
    """The stages of one pipeline that have not given back what they hold."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: dict[str, Holder] = {}

    def enter(self, path: str, holder: Holder) -> Holder | None:
        """`holder` runs at `path` from now on; returns its predecessor, if that has left without giving back."""
        with self._lock:
            predecessor = self._holders.get(path)
            self._holders[path] = holder
            return predecessor

    def claim(self, path: str, holder: Holder) -> bool:
        """Whether it is for this caller to give back what `holder` holds; after that for nobody."""
        with self._lock:
            if self._holders.get(path) is not holder:
                return False
            del self._holders[path]
            return True

    def rest(self) -> list[tuple[str, Holder]]:
        """All that were never claimed; claimed with this."""
        with self._lock:
            rest, self._holders = list(self._holders.items()), {}
            return rest
