"""What a supervisor remembers of one child, and how that is written into the tree. The supervisor's thread only."""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supervision.clock import Timer
from supervision.reasons import Reason
from supervision.spec import ChildSpec
from supervision.tree import Row, State

if TYPE_CHECKING:
    from supervision.actor import Actor
    from supervision.system import System


def child_path(parent: str, id: str) -> str:
    return f"{parent.rstrip('/')}/{id}"


@dataclass(slots=True)
class Child:
    """One child over all its incarnations.

    Attributes:
        incarnation: of the newest start, also after it ended.
        restart_times: monotonic seconds of the restarts that count against the spec's own `limit`.
        streak: failures in a row; the exponent of the backoff.
        running_since: monotonic seconds, None unless it runs.
        info: what its `on_start` returned.
        attempt: grows with each scheduled retry; an older retry note is stale.
    """

    spec: ChildSpec
    path: str
    state: State = State.STOPPED
    actor: "Actor | None" = None
    incarnation: int = 0
    restarts: Counter[str] = field(default_factory=Counter)
    restart_times: tuple[float, ...] = ()
    streak: int = 0
    running_since: float | None = None
    started_at: float | None = None
    info: Any = None
    last_reason: Reason | None = None
    last_exit_at: float | None = None
    next_retry_at: float | None = None
    attempt: int = 0
    timer: Timer | None = None

    def is_from(self, path: str, incarnation: int) -> bool:
        """Whether a notice is about the newest incarnation; all others are stale."""
        return self.path == path and self.incarnation == incarnation

    @property
    def alive(self) -> bool:
        return self.actor is not None

    @property
    def really_alive(self) -> bool:
        """Serves, asked of the actor itself: its end may not have been heard of yet."""
        return self.actor is not None and self.state is not State.STARTING and not self.actor.actor_stopped.is_set()

    @property
    def waiting(self) -> bool:
        """In BACKOFF: OTP's `restarting`."""
        return self.state is State.BACKOFF

    def cancel_retry(self) -> None:
        """A retry note already on its way becomes stale."""
        self.attempt += 1
        self.next_retry_at = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def went_down(self, reason: Reason, at: float) -> None:
        """Note the end of an incarnation; `at` is seconds since the epoch."""
        self.actor = None
        self.info = None
        self.running_since = None
        self.started_at = None
        self.last_reason = reason
        self.last_exit_at = at
        self.state = State.STOPPED

    def fail_again(self, now: float) -> None:
        """Lengthen the streak, or begin a new one when the child had run stably; `now` is monotonic seconds."""
        backoff = self.spec.effective_backoff
        if backoff and self.running_since is not None and now - self.running_since >= backoff.stable_after_seconds:
            self.streak = 0
        self.streak += 1

    def write(self, system: "System") -> None:
        """Replace this child's row in the tree."""
        system.tree.put(
            Row(
                path=self.path,
                id=self.spec.id,
                type=self.spec.type,
                state=self.state,
                incarnation=self.incarnation,
                restarts=self.restarts.total(),
                restarts_by_reason=tuple(sorted(self.restarts.items())),
                started_at=self.started_at,
                last_reason=None if self.last_reason is None else str(self.last_reason),
                last_exit_at=self.last_exit_at,
                next_retry_at=self.next_retry_at,
                pid=getattr(self.actor, "pid", 0) or os.getpid(),
                live=self.actor,
            )
        )
