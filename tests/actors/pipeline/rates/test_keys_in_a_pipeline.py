"""In a running pipeline: a key at its limit does not keep others from being asked for."""

from typing import Any

from actors.pipeline import Handler, Message, Producer, pipeline_spec
from actors.pipeline.testing import Caller
from supervision.testing import Inbox, running


class Quiet(Handler):
    def handle_message(self, message: Message, context: Any) -> Message:
        return message


class Numbered(Producer):
    """Produces exactly what it is asked for: 20 messages of a busy key first, then others."""

    def __init__(self, plan: Any, index: int, inbox: Inbox) -> None:
        super().__init__(plan, index)
        self.caller = Caller(inbox)
        self.left = [f"busy-{number}" for number in range(20)] + [f"key{number}-0" for number in range(20)]

    def produce(self, count: int) -> None:
        now, self.left = self.left[:count], self.left[count:]
        self.emit([self.caller.message(name) for name in now])


def test_a_busy_key_does_not_take_the_demand_of_others() -> None:
    inbox = Inbox()
    rate = {"allowed_messages": 2, "interval_seconds": 3600.0, "per_key": lambda message: message.data.split("-")[0]}
    spec = pipeline_spec(
        "mails",
        handler=Quiet(),
        producer={"actor": Numbered, "args": (inbox,), "rate_limiting": rate},
        processors={"concurrency": 1, "max_demand": 2, "min_demand": 0},
    )
    with running(spec):
        caller, passed = Caller(inbox), list[str]()
        while len(passed) < 22:
            passed += [message.data for message in caller.expect_ack().successful]
    assert passed[:2] == ["busy-0", "busy-1"]
    assert passed[2:] == [f"key{number}-0" for number in range(20)]
