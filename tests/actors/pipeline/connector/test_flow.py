"""How many messages of one producer are under way."""

from actors.pipeline.connector.flow import Flow


def test_it_tells_once_when_the_last_is_closed_and_only_if_somebody_waits() -> None:
    told: list[int] = []
    flow = Flow(lambda: told.append(1))
    flow.opened(2)
    flow.closed(1)
    assert not flow.await_idle()
    flow.closed(1)
    assert told == [1]
    flow.opened(1)
    flow.closed(1)
    assert told == [1]


def test_who_asks_while_nothing_is_open_need_not_wait() -> None:
    told: list[int] = []
    flow = Flow(lambda: told.append(1))
    assert flow.await_idle()
    flow.opened(1)
    flow.closed(1)
    assert told == []
    assert flow.open == 0
