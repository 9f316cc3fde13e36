"""Readiness of a lane, from what the tree says about its senders."""

import time
from dataclasses import dataclass, replace

import pytest

from apps.email.metrics import STALLED_SECONDS, _lane_fault
from supervision import Row, State, System


@dataclass
class Busy:
    seconds: float | None
    suspended: bool = False
    handled: int = 1

    @property
    def busy_since(self) -> float | None:
        """Counted back from the moment of looking: these rows are older than the test that uses them."""
        return None if self.seconds is None else time.monotonic() - self.seconds

    def depth(self) -> tuple[int, int]:
        return 0, 0


def system_of(*rows: Row) -> System:
    system = System()
    for number, row in enumerate(rows, 1):
        system.tree.put(replace(row, path=f"/email/bulk/mta/sender-{number}"))
    return system


def sender(state: State = State.RUNNING, busy_seconds: float | None = None, reason: str | None = None) -> Row:
    live = Busy(busy_seconds)
    return Row(path="", id="sender", type="worker", state=state, last_reason=reason, live=live)


IDLE, WORKING = sender(), sender(busy_seconds=STALLED_SECONDS / 2)
STALLED = sender(busy_seconds=STALLED_SECONDS + 1)
PARKED = sender(State.FAILED, reason="CredentialsRefused: 535 no")
DOWN = sender(State.BACKOFF, reason="ConnectFailed: nobody listens")


@pytest.mark.parametrize("rows", [(IDLE,), (WORKING,), (DOWN, IDLE), (STALLED, WORKING)])
def test_one_sender_that_gets_on_is_enough(rows: tuple[Row, ...]) -> None:
    assert _lane_fault(system_of(*rows), "bulk") is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "no sender"),
        ((DOWN, DOWN), "backoff, ConnectFailed: nobody listens"),
        ((sender(State.STARTING),), "starting"),
        ((PARKED,), "/email/bulk/mta/sender-1 is parked: CredentialsRefused: 535 no"),
        ((STALLED, STALLED), "kept it waiting"),
        ((STALLED, DOWN), "ConnectFailed: nobody listens; the mail server has kept it waiting"),
    ],
)
def test_without_one_the_reasons_are_told_once_each(rows: tuple[Row, ...], words: str) -> None:
    assert words in (_lane_fault(system_of(*rows), "bulk") or "")
    assert _lane_fault(system_of(*rows), "transactional") is not None


def test_one_that_is_parked_is_named_although_others_get_on() -> None:
    """It stays down until somebody starts it again, so somebody has to know."""
    assert _lane_fault(system_of(IDLE, PARKED, WORKING), "bulk") == (
        "/email/bulk/mta/sender-2 is parked: CredentialsRefused: 535 no"
    )
