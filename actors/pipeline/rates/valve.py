"""The valve of one pipeline: as long as there is a reason to stand still, its producers hold demand and events back.

Reasons come from the operator (pause, resume), from what the pipeline needs and does not have (looked at regularly),
and from its circuit. The pipeline runs when none is left. Nothing fails because of a closed valve: what was begun is
finished, what waits stays in the broker. The operator's pause outlives the valve's own restart, not the process.

An actor among the pipeline's children; `reasons` may be read by any thread.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from actors.pipeline.events import BatchStop, ProcessorStop
from actors.pipeline.message import Crash, Message
from actors.pipeline.rates.circuit import Circuit, Course, failed, succeeded
from actors.pipeline.rates.needs import Need, missing
from actors.pipeline.stage.messages import SetDemandMode
from supervision import Actor, MailboxFull, NoProc
from supervision.events import Event
from supervision.reasons import Reason

LOOK_SECONDS = 0.25
OPERATOR = "operator"
CIRCUIT = "circuit"


@dataclass(frozen=True, slots=True)
class Pause:
    """Stand still, for this reason. A call answers the reasons there are now."""

    why: str = "paused"


@dataclass(frozen=True, slots=True)
class Resume:
    """Take back the `Pause`, and close the circuit: try again now."""


@dataclass(frozen=True, slots=True)
class Worked:
    """To itself: how a batch ended; `error` is what all of it failed with, or None."""

    error: object = None


@dataclass(frozen=True, slots=True)
class Look:
    """To itself: look at the needs again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineHeld(Event):
    """The pipeline at `path` stands still, by name of what holds it; no reason is left when it goes on."""

    reasons: tuple[tuple[str, str], ...]


class Valve(Actor):
    """One per pipeline that can be paused."""

    def __init__(
        self, pipeline: str, producers: Iterable[str], needs: Iterable[Need] = (), circuit: Circuit | None = None
    ) -> None:
        super().__init__()
        self.pipeline = pipeline
        self.producers = tuple(producers)
        self.needs = tuple(needs)
        self.circuit = circuit
        self.course = Course()
        self.reasons: dict[str, str] = {}
        self.since: float | None = None
        self._looking = False
        self._looked = False
        self._unsubscribe: Callable[[], None] = lambda: None

    def on_start(self) -> None:
        if self.circuit is not None:
            self._unsubscribe = self.context.system.events.subscribe(self._heard)
        self._look()

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                self._looking = False
                self._look()
            case Pause(why):
                self.context.system.facts[self._fact] = why
                return self._look()
            case Resume():
                self.context.system.facts.pop(self._fact, None)
                self.course = Course()
                return self._look()
            case Worked(error):
                self._note(error)
            case _:
                return super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        """A drain works off what waits behind a pause; what waits since something is missing goes back unworked."""
        self._unsubscribe()
        if reason.expected:
            paused_only = self._reasons().keys() <= {OPERATOR}
            self._tell(SetDemandMode("forward" if paused_only else "accumulate"))

    @property
    def _fact(self) -> str:
        return f"paused {self.pipeline}"

    def _heard(self, event: Event) -> None:
        """In the thread of a stage: tell the valve how its work went."""
        match event:
            case BatchStop(pipeline=self.pipeline, successful=successful, failed=failed):
                self._report(successful, failed)
            case ProcessorStop(pipeline=self.pipeline, to_ack=successful, to_forward=forwarded, failed=failed):
                if failed or not forwarded:  # what only goes on to a batch has not succeeded yet
                    self._report([*successful, *forwarded], failed)

    def _report(self, successful: Sequence[Message], failed: Sequence[Message]) -> None:
        crashes = [message.status.error for message in failed if isinstance(message.status, Crash)]
        if successful or crashes:
            with contextlib.suppress(NoProc, MailboxFull):
                self.cast(self.context.path, Worked(None if successful else crashes[0]))

    def _note(self, error: object) -> None:
        if self.circuit is None:
            return
        now = self.context.system.clock.monotonic()
        if error is None:
            self.course = succeeded(self.course, now)
        else:
            self.course = failed(self.course, self.circuit, error, now, self.context.system.rng)
            self._look()

    def _look(self) -> dict[str, str]:
        """Decide anew. A closed valve says so each time: a producer that was restarted has not heard of it.

        One that has just started says so in any case: its predecessor may have closed the producers.
        """
        before, self.reasons = self.reasons, self._reasons()
        if self.reasons:
            self._tell(SetDemandMode("accumulate"))
        elif before or not self._looked:
            self._tell(SetDemandMode("forward"))
        self._looked = True
        if bool(before) != bool(self.reasons):
            self.since = self.context.system.clock.time() if self.reasons else None
        self._look_later()
        if before != self.reasons:
            reasons = tuple(sorted(self.reasons.items()))
            self.context.system.events.emit(PipelineHeld(path=self.pipeline, reasons=reasons))
        return dict(self.reasons)

    def _look_later(self) -> None:
        if not self._looking and (self.needs or self.reasons):
            self._looking = True
            self.send_after(LOOK_SECONDS, Look())

    def _reasons(self) -> dict[str, str]:
        system = self.context.system
        reasons = missing(system, self.needs)
        if self._fact in system.facts:
            reasons[OPERATOR] = system.facts[self._fact]
        now = system.clock.monotonic()
        if self.course.is_open(now):
            reasons[CIRCUIT] = f"{self.course.why}; next try in {(self.course.retry_at or now) - now:.0f} s"
        return reasons

    def _tell(self, message: SetDemandMode) -> None:
        for producer in self.producers:
            try:
                self.cast(producer, message)
            except (NoProc, MailboxFull):
                continue  # it is told again at the next look, or has nothing to hold back
