from collections.abc import Mapping
from typing import Any

import pytest

from apps.email.campaign.states import (
    ACTIVE,
    CHUNKS,
    IN_FLIGHT,
    MAILS,
    OPEN,
    OVER,
    SENDS,
    ChunkState,
    MailState,
    SendState,
    chunk_may_become,
    mail_may_become,
    send_may_become,
)


@pytest.mark.parametrize(
    ("moves", "states"), [(SENDS, list(SendState)), (CHUNKS, list(ChunkState)), (MAILS, list(MailState))]
)
def test_every_state_has_its_moves_and_is_reached(moves: Mapping[Any, frozenset[Any]], states: list[Any]) -> None:
    assert set(moves) - {None} == set(states)
    reached = {new for news in moves.values() for new in news}
    assert reached == set(states)


def test_a_send_that_is_over_stays_over_and_everything_else_can_be_cancelled() -> None:
    assert all(not SENDS[state] for state in OVER)
    assert all(send_may_become(state, SendState.CANCELLED) for state in set(SendState) - OVER)
    assert not send_may_become(SendState.PAUSED, SendState.FINISHED)
    assert ACTIVE.isdisjoint(OVER)


def test_a_mail_that_was_handed_over_is_never_claimed_again() -> None:
    reached: set[MailState] = set()
    todo = [MailState.HANDED]
    while todo:
        state = todo.pop()
        reached.add(state)
        todo += MAILS[state] - reached
    assert reached == {MailState.HANDED}
    assert not mail_may_become(MailState.IN_DOUBT, MailState.CLAIMED)
    assert mail_may_become(MailState.DEFERRED, MailState.CLAIMED)


def test_whatever_is_pending_can_still_become_something() -> None:
    assert all(MAILS[state] for state in OPEN)
    assert all(chunk_may_become(state, ChunkState.DONE) for state in IN_FLIGHT)
