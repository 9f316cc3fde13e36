import pytest

from actors.pipeline.stage import ProtocolViolation, Terms
from actors.pipeline.stage.inlet import Chunk, End, Inlet
from actors.pipeline.stage.messages import Cancel, Events, Info, events_in
from supervision import NORMAL
from tests.actors.pipeline.stage.peers import subscription

ONE, STRANGER = subscription("one"), subscription("stranger")


def test_dem_3_events_wait_in_chunks_and_the_end_waits_behind_them() -> None:
    inlet = Inlet()
    assert inlet.open(ONE, Terms(4, 2)) == 4
    assert inlet.receive(ONE, [1, 2, 3])
    inlet.end(ONE, NORMAL)
    assert list(inlet.queue) == [Chunk(ONE, [1, 2]), Chunk(ONE, [3]), End(ONE, NORMAL)]


def test_dem_4_a_worked_chunk_tells_what_to_ask_for_unless_the_subscription_ends() -> None:
    inlet = Inlet()
    inlet.open(ONE, Terms(4, 2))
    assert inlet.handled(Chunk(ONE, [1, 2])) == 2
    inlet.end(ONE, NORMAL)
    assert inlet.handled(Chunk(ONE, [3, 4])) == 0


def test_bw_89_what_is_unknown_is_not_taken() -> None:
    inlet = Inlet()
    assert not inlet.receive(STRANGER, [1])
    inlet.end(STRANGER, NORMAL)
    assert not inlet.queue
    assert inlet.handled(Chunk(STRANGER, [1])) == 0
    assert inlet.close(End(STRANGER, NORMAL)) is None
    with pytest.raises(ProtocolViolation, match="no subscription"):
        inlet.ask(STRANGER, 1)


def test_dem_1_more_than_asked_for_is_said(caplog: pytest.LogCaptureFixture) -> None:
    inlet = Inlet()
    inlet.open(ONE, Terms(4, manual=True))
    inlet.ask(ONE, 1)
    inlet.handled(Chunk(ONE, [1, 2, 3]))
    assert "/producer sent 2 events more than asked for" in caplog.text


def test_all_events_can_be_taken_out() -> None:
    inlet = Inlet()
    inlet.open(ONE, Terms(4, 2))
    inlet.receive(ONE, [1, 2, 3])
    inlet.queue.append(Info("info"))
    assert inlet.clear() == [1, 2, 3]
    assert not inlet.queue


def test_events_are_found_in_messages_that_nobody_handled() -> None:
    assert events_in([Events(ONE, [1, 2]), "else", Cancel(ONE, NORMAL, (3,))]) == [1, 2, 3]
