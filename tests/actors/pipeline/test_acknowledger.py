"""One call per acknowledger and session, whatever the others do."""

from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline import Failed, Message, PipelineError, ack_immediately
from actors.pipeline.acknowledger import NO_ACK, Acked, CallerAcknowledger, Requeued, acknowledge, requeue
from supervision.testing import Inbox


class Broken:
    def ack(self, ref: Hashable, successful: Any, failed: Any, /) -> None:
        raise RuntimeError("the channel is gone")


class Plain:
    """Which cannot take back."""

    def __init__(self) -> None:
        self.inbox = Inbox()

    def ack(self, ref: Hashable, successful: Any, failed: Any, /) -> None:
        self.inbox.put(Acked(ref, list(successful), list(failed)))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans())))
def test_bw_64_messages_are_grouped_by_session_in_their_order(sessions: list[tuple[int, bool]]) -> None:
    heard: list[Acked] = []
    caller = CallerAcknowledger(heard.append)
    messages = [(Message(n, (caller, ref, None)), good) for n, (ref, good) in enumerate(sessions)]
    assert acknowledge([m for m, good in messages if good], [m for m, good in messages if not good]) == []
    assert {acked.ref for acked in heard} == {ref for ref, _ in sessions}
    assert len(heard) == len({ref for ref, _ in sessions})
    for acked in heard:
        mine = [(n, good) for n, (ref, good) in enumerate(sessions) if ref == acked.ref]
        assert [message.data for message in acked.successful] == [n for n, good in mine if good]
        assert [message.data for message in acked.failed] == [n for n, good in mine if not good]


def test_an_acknowledger_that_raises_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Acked] = []
    good = Message(2, (CallerAcknowledger(heard.append), 1, None))
    errors = acknowledge([Message(1, (Broken(), 1, None)), good], [])
    assert [str(error) for error in errors] == ["the channel is gone"]
    assert heard == [Acked(1, [good], [])]
    assert "could not acknowledge 1 message(s)" in caplog.text


def test_what_cannot_be_taken_back_fails() -> None:
    plain, heard = Plain(), Inbox()
    kept = Message(1, (CallerAcknowledger(heard.put), "a", None))
    assert requeue([kept, Message(2, (plain, "b", None))], "its stage ended") == []
    assert heard.expect(Requeued) == Requeued("a", [kept])
    assert plain.inbox.expect(Acked).failed[0].status == Failed("its stage ended")


def test_bw_45_what_was_acknowledged_early_cannot_be_again() -> None:
    heard: list[Acked] = []
    caller = CallerAcknowledger(heard.append)
    messages = [Message(n, (caller, 1, None)) for n in range(4)]
    messages[2] = messages[2].failed("no")
    done = ack_immediately(messages)
    assert heard == [Acked(1, [messages[0], messages[1], messages[3]], [messages[2]])]
    assert {message.acknowledger[0] for message in done} == {NO_ACK}
    acknowledge(done, [])
    assert len(heard) == 1


def test_early_acknowledgement_needs_messages_and_tells_errors() -> None:
    with pytest.raises(PipelineError):
        ack_immediately([])
    with pytest.raises(RuntimeError, match="the channel is gone"):
        ack_immediately(Message(1, (Broken(), 1, None)))
