"""What the handler's callbacks do to a chunk, seen through a running pipeline."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from actors.pipeline import CONTEXT_NOT_SET, Crash, Failed, Message, ack_immediately
from actors.pipeline.acknowledger import Acked, Configured
from actors.pipeline.errors import BadReturn, NotConfigurable, UnknownBatcher
from tests.actors.pipeline.harness import (
    ONE,
    PROCESSOR,
    Handled,
    HandledBatch,
    HandledFailed,
    Mourning,
    Preparing,
    Recorder,
    World,
    values,
    world,
)


def bad(*wrong: Any) -> Any:
    """Marks some messages as failed."""
    return lambda message: message.failed("Failed message") if message.data in wrong else message


def raising(*wrong: Any) -> Any:
    def handle(message: Message) -> Message:
        if message.data in wrong:
            raise ValueError(f"bad {message.data}")
        return message

    return handle


def upper(messages: list[Message]) -> list[Message]:
    return [message.put_data(f"{message.data}!") for message in messages]


def alive(pipe: World, count: int = 1) -> None:
    """The processor is the one that was started."""
    row = pipe.tree.system.tree.get(PROCESSOR)
    assert row is not None and row.restarts == 0
    assert pipe.pipeline.tallies().of(PROCESSOR).chunks >= count


def test_bw_9_without_a_context_the_handler_is_told_so() -> None:
    with world() as pipe:
        pipe.test([1])
        assert pipe.handler.seen.expect(Handled).context is CONTEXT_NOT_SET
        pipe.ack()
    with world(context={"a": 1}) as pipe:
        pipe.test([1])
        assert pipe.handler.seen.expect(Handled).context == {"a": 1}
        pipe.ack()


def test_bw_23_successful_messages_are_ok() -> None:
    with world(processors=ONE, batch={"batch_size": 2}) as pipe:
        ref = pipe.test([1, 2])
        batch = pipe.batch()
        assert [message.ok for message in batch.messages] == [True, True]
        assert values(pipe.ack(ref).successful) == [1, 2]


def test_bw_24_failed_messages_carry_their_reason_and_go_nowhere() -> None:
    def fail(message: Message) -> Message:
        return message.failed("Failed message").put_batcher("unknown")

    with world(Recorder(fail), batch={"batch_size": 1}) as pipe:
        pipe.test([1])
        acked = pipe.ack()
        assert [message.status for message in acked.failed] == [Failed("Failed message")]
        assert acked.successful == []


@pytest.mark.parametrize("returned", [None, "x", 5, []])
def test_bw_26_27_a_crash_or_a_bad_return_fails_its_message_alone(returned: Any) -> None:
    def odd(message: Message) -> Any:
        return returned if message.data == "bad" else message

    with world(Recorder(odd), processors=ONE) as pipe:
        pipe.test([1, "bad", 4])
        acks = [pipe.ack() for _ in range(3)]
        assert [values(acked.successful) for acked in acks] == [[1], [], [4]]
        status = acks[1].failed[0].status
        assert isinstance(status, Crash) and isinstance(status.error, BadReturn)
        alive(pipe)


def test_a_handler_cannot_swap_messages() -> None:
    with world(Recorder(lambda message: Message(2, message.acknowledger))) as pipe:
        pipe.test([1])
        assert values(pipe.ack().failed) == [1]


def test_bw_28_an_unknown_batcher_fails_the_message_and_names_the_known(caplog: pytest.LogCaptureFixture) -> None:
    def route(message: Message) -> Message:
        return message.put_batcher("nowhere") if message.data == "bad" else message

    with world(Recorder(route), processors=ONE, batch={"batch_size": 2}) as pipe:
        pipe.test([1, "bad", 4])
        acked = pipe.ack()
        status = acked.failed[0].status
        assert isinstance(status, Crash) and isinstance(status.error, UnknownBatcher)
        assert pipe.batch().data == [1, 4]
        assert values(pipe.ack().successful) == [1, 4]
    assert "no batcher 'nowhere'; there are default" in caplog.text


def test_bw_30_an_acknowledger_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with world(Recorder(raising("bad")), processors=ONE) as pipe:
        messages = pipe.messages([1, "bad", 4])
        messages[1] = Message("bad", ("no acknowledger at all", 1, None))  # type: ignore[arg-type]
        pipe.pipeline.push_messages(messages)
        assert pipe.acks(2) == ([1, 4], [])
        assert pipe.pipeline.tallies().total("ack_errors") == 1
        alive(pipe)
    assert "could not acknowledge 1 message(s)" in caplog.text


def test_bw_31_a_helper_that_dies_fails_the_message_that_waits_for_it() -> None:
    def helped(message: Message) -> Any:
        with ThreadPoolExecutor(1) as helpers:
            return helpers.submit(raising("x"), message).result()

    with world(Recorder(helped), processors=ONE) as pipe:
        pipe.test([1, "x", 4])
        assert pipe.acks(3) == ([1, 4], ["x"])
        alive(pipe)


def test_bw_32_fewer_prepared_messages_fail_the_chunk(caplog: pytest.LogCaptureFixture) -> None:
    handler = Preparing(lambda messages: [message for message in messages if message.data != "gone"])
    with world(handler) as pipe:
        pipe.test([1, "gone", 3, 4])
        assert pipe.acks(4) == ([], [1, "gone", 3, 4])
        assert not any(isinstance(seen, Handled) for seen in handler.seen.seen)
        alive(pipe)
    assert "prepare_messages received 4 messages and returned 3" in caplog.text


def test_bw_33_a_crash_in_prepare_fails_the_chunk_and_nothing_is_handled() -> None:
    def prepare(messages: list[Message]) -> list[Message]:
        return [raising("bad")(message) for message in messages]

    handler = Preparing(prepare)
    with world(handler) as pipe:
        pipe.test([1, "bad", 3, 4])
        acked = pipe.ack()
        assert values(acked.failed) == [1, "bad", 3, 4]
        assert all(isinstance(message.status, Crash) for message in acked.failed)
        assert handler.seen.nothing_more()


def test_bw_34_prepared_messages_are_handled() -> None:
    with world(Preparing(upper)) as pipe:
        pipe.test([1, 2])
        assert values(pipe.ack().successful) == ["1!", "2!"]


def test_bw_35_a_message_that_prepare_failed_is_handled_all_the_same() -> None:
    def prepare(messages: list[Message]) -> list[Message]:
        return [message.failed("early") if message.data == 2 else message for message in messages]

    handler = Preparing(prepare)
    with world(handler) as pipe:
        pipe.test([1, 2, 3])
        assert [handler.seen.expect(Handled).data for _ in range(3)] == [1, 2, 3]
        acked = pipe.ack()
        assert (values(acked.successful), values(acked.failed)) == ([1, 3], [2])


def test_bw_38_handle_failed_sees_what_the_user_failed_and_may_change_it() -> None:
    handler = Mourning(upper, on_message=bad("fail"))
    with world(handler) as pipe:
        ref = pipe.test([1, "fail"], batch_mode="flush")
        acked = pipe.ack()
        assert acked.ref == ref
        assert (values(acked.successful), values(acked.failed)) == ([1], ["fail!"])
        assert values(handler.seen.expect(HandledFailed).messages) == ["fail"]


def test_bw_39_handle_failed_sees_crashed_messages(caplog: pytest.LogCaptureFixture) -> None:
    handler = Mourning(upper, on_message=raising("fail"))
    with world(handler) as pipe:
        pipe.test([1, "fail"])
        acked = pipe.ack()
        assert (values(acked.successful), values(acked.failed)) == ([1], ["fail!"])
        assert isinstance(handler.seen.expect(HandledFailed).messages[0].status, Crash)
    assert "ValueError: bad fail" in caplog.text


@pytest.mark.parametrize("returned", [RuntimeError("no"), "no list", [1], None])
def test_bw_40_what_handle_failed_does_wrong_changes_nothing(returned: Any) -> None:
    def mourn(messages: list[Message]) -> Any:
        if isinstance(returned, Exception):
            raise returned
        return returned

    with world(Mourning(mourn, on_message=bad("fail"))) as pipe:
        pipe.test([1, "fail"])
        acked = pipe.ack()
        assert (values(acked.successful), values(acked.failed)) == ([1], ["fail"])
        alive(pipe)


def test_bw_41_handle_failed_sees_the_failed_part_of_a_batch() -> None:
    handler = Mourning(upper, on_batch=lambda messages: [bad("fail")(message) for message in messages])
    with world(handler, batch={"batch_size": 4}) as pipe:
        pipe.test([1, "fail", "fail", 2])
        acked = pipe.ack()
        assert (values(acked.successful), values(acked.failed)) == ([1, 2], ["fail!", "fail!"])
        assert values(handler.seen.expect(HandledFailed).messages) == ["fail", "fail"]


def test_bw_42_handle_failed_sees_the_whole_batch_that_crashed() -> None:
    def crash(messages: list[Message]) -> Any:
        raise ValueError("batch")

    handler = Mourning(upper, on_batch=crash)
    with world(handler, batch={"batch_size": 4}) as pipe:
        pipe.test([1, 2, 3, 4])
        assert values(handler.seen.expect(HandledFailed).messages) == [1, 2, 3, 4]
        assert values(pipe.ack().failed) == ["1!", "2!", "3!", "4!"]


def test_bw_43_handle_failed_cannot_rescue() -> None:
    from actors.pipeline.message import OK

    def rescue(messages: list[Message]) -> list[Message]:
        return [message.with_status(OK) for message in messages]

    with world(Mourning(rescue, on_message=bad(1))) as pipe:
        pipe.test([1])
        acked = pipe.ack()
        assert acked.successful == []
        assert acked.failed[0].status == Failed("Failed message")


def test_bw_44_what_handle_failed_swallows_is_still_acknowledged(caplog: pytest.LogCaptureFixture) -> None:
    with world(Mourning(lambda messages: [], on_message=bad(1))) as pipe:
        pipe.test([1])
        assert values(pipe.ack().failed) == [1]
        assert pipe.pipeline.tallies().total("unaccounted") == 1
    assert "handle_failed received 1 messages and returned only 0" in caplog.text


def test_bw_29_what_handle_batch_swallows_fails(caplog: pytest.LogCaptureFixture) -> None:
    def swallow(messages: list[Message]) -> list[Message]:
        return [message for message in messages if message.data != "gone"]

    batch = {"batch_size": 2, "batch_timeout_seconds": 0.05}
    with world(Recorder(on_batch=swallow), processors=ONE, batch=batch) as pipe:
        pipe.test([1, "gone", 4])
        acked = pipe.ack()
        assert (values(acked.successful), values(acked.failed)) == ([1], ["gone"])
        assert acked.failed[0].status == Failed("handle_batch did not return it")
        assert values(pipe.ack().successful) == [4]
        assert pipe.pipeline.tallies().total("unaccounted") == 1
    assert "handle_batch received 2 messages and returned only 1" in caplog.text


@pytest.mark.parametrize("returned", [RuntimeError("no"), "no list", [1, 2, 3, 4], "twice"])
def test_bw_65_66_a_crash_or_a_bad_return_fails_the_whole_batch(returned: Any) -> None:
    def odd(messages: list[Message]) -> Any:
        if isinstance(returned, Exception):
            raise returned
        return [messages[0]] * 4 if returned == "twice" else returned

    with world(Recorder(on_batch=odd), batch={"batch_size": 4}) as pipe:
        for _ in range(2):  # the batch processor lives on
            pipe.test([1, 2, 3, 4])
            acked = pipe.ack()
            assert values(acked.failed) == [1, 2, 3, 4]
            assert all(isinstance(message.status, Crash) for message in acked.failed)


def test_bw_45_an_early_acknowledgement_arrives_before_the_handler_goes_on() -> None:
    def early(message: Message) -> Message:
        (message,) = ack_immediately(message)
        assert isinstance(pipe.caller.inbox.expect(Acked), Acked)
        return message

    with world(Recorder(early), batch={"batch_size": 1}) as pipe:
        pipe.test([1])
        assert pipe.handler.seen.expect(HandledBatch).data == [1]
        pipe.until(lambda: pipe.pipeline.tallies().total("successful") == 2)
        assert pipe.caller.inbox.nothing_more()


def test_bw_46_options_nobody_takes_fail_the_message(caplog: pytest.LogCaptureFixture) -> None:
    class Simple:
        def ack(self, ref: Any, successful: Any, failed: Any, /) -> None:
            pipe.caller.inbox.put(Acked(ref, list(successful), list(failed)))

    with world(Recorder(lambda message: message.configure_ack(a=1))) as pipe:
        pipe.pipeline.push_messages([Message(1, (Simple(), 1, None))])
        status = pipe.ack().failed[0].status
        assert isinstance(status, Crash) and isinstance(status.error, NotConfigurable)
    assert "Simple has no configure" in caplog.text


def test_bw_47_options_reach_the_acknowledger() -> None:
    with world(Recorder(lambda message: message.configure_ack(on_failure="ack"))) as pipe:
        ref = pipe.test([1])
        assert pipe.caller.inbox.expect(Configured) == Configured(ref, {"on_failure": "ack"})
        assert values(pipe.ack(ref).successful) == [1]
