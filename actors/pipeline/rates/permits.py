"""What a source of permits answers. A value; any thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Permits:
    """How many costs of a key `passed`, usable before `valid_until` (monotonic seconds); how long the next waits."""

    passed: Mapping[str, int] = field(default_factory=dict)
    wait_seconds: Mapping[str, float] = field(default_factory=dict)
    valid_until: float = 0.0
