"""The decision trace: why this person did or did not get this mail, as a list of steps in the order they were taken.

Steps are `rule`, `locale`, `preference`, `suppression`, `reply` and the like, each with its facts, all plain JSON.
Values only; any thread.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """An immutable list of steps."""

    steps: tuple[Step, ...] = ()

    def note(self, step: str, **facts: Any) -> "Trace":
        """This trace and one more step. Facts that are None are left out."""
        return Trace((*self.steps, {"step": step, **{key: value for key, value in facts.items() if value is not None}}))

    def after(self, earlier: "Trace") -> "Trace":
        """What an earlier attempt noted, then what is new here. Every attempt begins with the same steps; those that
        must be kept apart, like two equal replies, carry the moment `at` which they were noted."""
        return Trace((*earlier.steps, *(step for step in self.steps if step not in earlier.steps)))

    def to_json(self) -> str:
        return json.dumps(list(self.steps))

    @staticmethod
    def from_json(text: str) -> "Trace":
        return Trace(tuple(json.loads(text)))

    @staticmethod
    def of(steps: Iterable[Step]) -> "Trace":
        return Trace(tuple(steps))
