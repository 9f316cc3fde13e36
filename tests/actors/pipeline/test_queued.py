"""What waits in a stage, looked at from outside."""

from collections import deque

from actors.pipeline import BatchInfo, Message
from actors.pipeline.acknowledger import NO_ACK
from actors.pipeline.batching import Batch
from actors.pipeline.queued import Queued, queued


def born(at: object) -> Message:
    return Message(0, (NO_ACK, None, None), {"timestamp": at})


def test_the_first_of_a_queue_stands_for_it() -> None:
    assert queued([born(5.0), born(9.0)]) == Queued(2, 5.0)
    assert queued(deque([born(5)])) == Queued(1, 5)
    assert queued([]) == Queued(0, None)


def test_who_tells_no_origin_has_none() -> None:
    assert queued([born("yesterday"), born(1.0)]) == Queued(2, None)
    assert queued([Message(0, (NO_ACK, None, None))]) == Queued(1, None)
    assert queued(["a foreign event"]) == Queued(1, None)


def test_batches_count_as_the_messages_in_them() -> None:
    info = BatchInfo("default", "key", None, 2, "size")
    assert queued([Batch([born(5.0), born(1.0)], info), Batch([born(3.0), born(4.0)], info)]) == Queued(4, 5.0)


def test_a_queue_of_other_things_says_how_old_they_are() -> None:
    assert queued([7, 8], float) == Queued(2, 7.0)
