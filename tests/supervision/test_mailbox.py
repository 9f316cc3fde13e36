"""The mailbox: order, overtaking, the bound, selective receive, and that nothing put is ever lost or kept twice."""

import threading
from contextlib import suppress
from queue import Empty

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pykka._envelope import Envelope

from supervision.errors import MailboxFull
from supervision.mailbox import Mailbox, message_of


def messages(items):
    return [message_of(item) for item in items]


def test_system_messages_overtake_user_messages():
    box = Mailbox(bound=10)
    for number in range(3):
        box.put(Envelope(number))
    box.put_system("stop")
    assert [message_of(box.get()) for _ in range(4)] == ["stop", 0, 1, 2]


def test_the_user_lane_is_bounded_and_the_system_lane_is_not():
    box = Mailbox(bound=2)
    box.put(Envelope(1))
    box.put(Envelope(2))
    with pytest.raises(MailboxFull):
        box.put(Envelope(3))
    box.put_unbounded(Envelope(4))
    for _ in range(100):
        assert box.put_system("system")
    assert box.depth() == (100, 3)


def test_get_gives_up_after_its_timeout():
    with pytest.raises(Empty):
        Mailbox(bound=1).get(timeout=0.0)


def test_receive_takes_the_first_match_and_leaves_the_rest_in_order():
    box = Mailbox(bound=10)
    box.put(Envelope("user"))
    for message in ("a", "wanted-1", "b", "wanted-2"):
        box.put_system(message)
    assert box.receive(lambda message: message.startswith("wanted"), timeout=0.0) == "wanted-1"
    assert [message_of(box.get()) for _ in range(4)] == ["a", "b", "wanted-2", "user"]


def test_receive_waits_for_a_later_match_and_keeps_user_messages():
    box = Mailbox(bound=10)
    box.put(Envelope("user"))
    later = threading.Thread(target=box.put_system, args=("wanted",))
    later.start()
    assert box.receive(lambda message: message == "wanted", timeout=5.0) == "wanted"
    later.join()
    assert message_of(box.get()) == "user"


def test_receive_returns_none_after_its_timeout():
    assert Mailbox(bound=1).receive(lambda message: True, timeout=0.0) is None


def test_take_takes_only_the_matching_front():
    box = Mailbox(bound=10)
    for message in (1, 2, "stop here", 3):
        box.put(Envelope(message))
    box.put_system("system")
    assert messages(box.take(lambda message: isinstance(message, int), limit=10)) == [1, 2]
    assert [message_of(box.get()) for _ in range(3)] == ["system", "stop here", 3]


def test_take_respects_its_limit():
    box = Mailbox(bound=10)
    for number in range(5):
        box.put(Envelope(number))
    assert messages(box.take(lambda message: True, limit=3)) == [0, 1, 2]
    assert messages(box.close()) == [3, 4]


def test_a_closed_mailbox_refuses_and_hands_back_what_waited():
    box = Mailbox(bound=10)
    box.put(Envelope(1))
    box.put_system("system")
    assert messages(box.close()) == ["system", 1]
    assert not box.put_system("late")
    with pytest.raises(pykka.ActorDeadError):
        box.put(Envelope(2))
    assert box.empty()


def test_no_asker_hangs_when_puts_race_with_close():
    """Every future is answered, by the closer or by the late putter itself."""
    for _ in range(200):
        box = Mailbox(bound=1_000)
        futures = [pykka.ThreadingFuture() for _ in range(8)]
        barrier = threading.Barrier(9)

        def ask(future, box=box, barrier=barrier):
            barrier.wait()
            try:
                box.put(Envelope("ask", reply_to=future))
            except pykka.ActorDeadError:
                future.set("refused")

        askers = [threading.Thread(target=ask, args=(future,)) for future in futures]
        for asker in askers:
            asker.start()
        barrier.wait()
        for envelope in box.close():
            envelope.reply_to.set("handed back")
        for asker, future in zip(askers, futures, strict=True):
            asker.join()
            with suppress(pykka.ActorDeadError):  # so answers the late putter
                assert future.get(timeout=5.0) in {"refused", "handed back"}


@given(st.lists(st.tuples(st.sampled_from(["user", "system", "get"]), st.integers()), max_size=60))
def test_each_lane_is_first_in_first_out(steps):
    box = Mailbox(bound=1_000)
    user, system = [], []
    for step, value in steps:
        if step == "user":
            box.put(Envelope(value))
            user.append(value)
        elif step == "system":
            box.put_system(value)
            system.append(value)
        elif user or system:
            assert message_of(box.get()) == (system or user).pop(0)
    assert messages(box.close()) == system + user
