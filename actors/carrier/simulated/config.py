"""A simulated carrier in `config.yaml`. Values only; any thread."""

from pathlib import Path

from pydantic import Field

from actors.carrier.simulated.network import FILE_NAME
from actors.carrier.simulated.rule import Rule
from actors.carrier.simulated.watcher import StrictLimit
from supervision.config import Section


class SimulatedCarrier(Section):
    """A carrier that is a file: for a laptop, the demo and tests."""

    window: int = Field(default=50, ge=1, le=1000, description="unanswered segments that its link has under way")
    limits: tuple[StrictLimit, ...] = Field(default=(), description="what it allows, and watches by itself")
    enforce: bool = Field(default=False, description="answer what is beyond its limits with throttling")
    behaviour: tuple[Rule, ...] = Field(default=(), description="rules by which it is difficult")
    seed: int | None = Field(default=None, description="of the dice of the rules; null throws them anew each time")
    answer_timeout_seconds: float = Field(default=10.0, gt=0, description="silence after which a segment is in doubt")
    file: Path = Field(default=Path(FILE_NAME), description="the network; relative to the home, roots may share one")

    def path(self, home: Path) -> Path:
        """Where the network is."""
        return home / self.file
