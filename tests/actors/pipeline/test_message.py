"""Messages are values: every change is a copy."""

import pytest

from actors.pipeline import OK, Crash, Failed, Message
from actors.pipeline.acknowledger import CallerAcknowledger, Configured, NoAcknowledger
from actors.pipeline.errors import NotConfigurable
from supervision.testing import Inbox

MESSAGE = Message(1, (NoAcknowledger(), None, None))


def test_updates_are_copies_of_the_same_message() -> None:
    changed = MESSAGE.put_data(2).update_data(lambda data: data + 1).put_batcher("b").put_batch_key((1, 2))
    assert (MESSAGE.data, MESSAGE.batcher) == (1, "default")
    assert (changed.data, changed.batcher, changed.batch_key) == (3, "b", (1, 2))
    assert changed.serial == MESSAGE.serial
    assert changed.put_batch_mode("flush").batch_mode == "flush"


def test_a_failed_message_says_why() -> None:
    failed = MESSAGE.failed("no address")
    assert (failed.status, failed.ok) == (Failed("no address"), False)
    assert str(failed.status) == "failed: no address"
    assert MESSAGE.status == OK


def test_keys_and_modes_that_cannot_be_are_refused() -> None:
    with pytest.raises(TypeError):
        MESSAGE.put_batch_key([])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bulk or flush"):
        MESSAGE.put_batch_mode("now")  # type: ignore[arg-type]


def test_bw_46_an_acknowledger_without_configure_is_named() -> None:
    with pytest.raises(NotConfigurable, match="NoAcknowledger has no configure"):
        MESSAGE.configure_ack(on_failure="ack")


def test_options_for_the_acknowledger_reach_it() -> None:
    inbox = Inbox()
    message = Message(1, (CallerAcknowledger(inbox.put), "ref", "data"))
    assert message.configure_ack(on_failure="ack").acknowledger[2] == "data"
    assert inbox.expect(Configured) == Configured("ref", {"on_failure": "ack"})


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("x"), "error"),
        (SystemExit(1), "exit"),
        (StopIteration("x"), "throw"),
        (KeyboardInterrupt(), "interrupt"),
    ],
)
def test_bw_51_whatever_was_raised_becomes_a_status_with_a_stack(error: BaseException, kind: str) -> None:
    try:
        raise error
    except BaseException as raised:
        crash = Crash.of(raised)
    assert crash.kind == kind
    assert "test_message.py" in crash.stack
    assert str(crash).startswith(f"{kind} {type(error).__name__}")
    assert crash.error.__traceback__ is None
