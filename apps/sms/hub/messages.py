"""What the hub is told, and where it is. Values only; any thread."""

from dataclasses import dataclass

HUB = "/sms/hub"


@dataclass(frozen=True, slots=True)
class Wake:
    """There are new texts in the database."""


@dataclass(frozen=True, slots=True)
class Look:
    """To itself: see what waits."""
