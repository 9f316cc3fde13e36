"""The limiter of a pipeline: the promise per key, no key blocks another, and nothing waits for ever in a process."""

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.errors import Unavailable
from actors.pipeline.acknowledger import Acked, CallerAcknowledger, Requeued
from actors.pipeline.errors import WrongOption
from actors.pipeline.message import Crash, Message
from actors.pipeline.rates.limiter import RETRY_SECONDS, RateLimiter
from actors.pipeline.rates.permits import Permits
from actors.pipeline.rates.sources import LocalSource
from actors.pipeline.rates.window import Rate
from tests.actors.pipeline.rates.things import most_in_any_window


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Told:
    """What the acknowledger and the broker were told."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.returned: list[tuple[list[str], float]] = []
        self.acknowledger = CallerAcknowledger(self.heard.append)

    def message(self, data: str) -> Message:
        return Message(data, (self.acknowledger, "session", None))

    def take_back(self, messages: Sequence[Message], delay_seconds: float) -> None:
        self.returned.append(([message.data for message in messages], delay_seconds))


def by_letter(message: Message) -> str:
    return str(message.data[0])


def limiter(clock: Clock, told: Told, allowed: int = 2, interval: float = 10.0, **options: object) -> RateLimiter:
    source = LocalSource(Rate.of(allowed, interval), clock)
    return RateLimiter(source, **{"returning": told.take_back, **options})  # type: ignore[arg-type]


def data(messages: Sequence[Message]) -> list[str]:
    return [message.data for message in messages]


@given(
    st.lists(st.tuples(st.floats(0, 8), st.lists(st.sampled_from("abc"), max_size=6)), max_size=25),
    st.integers(1, 12),
)
def test_every_key_keeps_its_rate_and_its_order_and_every_message_is_somewhere(
    arriving: list[tuple[float, list[str]]], places: int
) -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told, per_key=by_letter, places=places, max_seconds=30.0)
    held: list[Message] = []
    came, uses = list[str](), list[tuple[str, float]]()
    for pause, keys in arriving:
        clock.now += pause
        new = [f"{key}{len(came) + index:04}" for index, key in enumerate(keys)]
        came += new
        admission = rates.admit([*held, *map(told.message, new)], clock.now)
        held = list(admission.held)
        uses += [(name, clock.now) for name in data(admission.passed)]
        assert len(held) <= places
    back = [name for names, _ in told.returned for name in names]
    assert sorted([*(name for name, _ in uses), *back, *data(held)]) == sorted(came)
    for key in "abc":
        own = [(name, round(at * 1e6)) for name, at in uses if name[0] == key]
        assert most_in_any_window([at for _, at in own], 10_000_000) <= 2
        assert own == sorted(own)


def test_a_key_at_its_limit_does_not_block_others() -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told, per_key=by_letter)
    admission = rates.admit([told.message(name) for name in ("a1", "a2", "a3", "b1", "a4", "b2")], 0.0)
    assert data(admission.passed) == ["a1", "a2", "b1", "b2"]
    assert data(admission.held) == ["a3", "a4"]
    clock.now = admission.retry_seconds
    assert data(rates.admit(admission.held, clock.now).passed) == ["a3", "a4"]


def test_what_would_wait_too_long_goes_back_to_the_broker_with_a_delay() -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told, allowed=1, max_seconds=30.0)
    admission = rates.admit([told.message(str(number)) for number in range(7)], 0.0)
    assert data(admission.passed) == ["0"]
    assert data(admission.held) == ["1", "2"]
    assert told.returned == [(["3"], 32.0), (["4", "5", "6"], 64.0)]
    assert (rates.counts.granted, rates.counts.held, rates.counts.returned) == (1, 2, 4)


def test_a_message_that_waited_its_time_goes_back_even_if_its_key_is_free_soon() -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told, allowed=1, max_seconds=30.0)
    held = rates.admit([told.message("0"), told.message("1")], 0.0).held
    clock.now = 10.0
    rates.admit([told.message("thief")], clock.now)
    held = rates.admit(held, clock.now).held
    clock.now = 21.0
    rates.admit([told.message("thief")], clock.now)
    assert rates.admit(held, clock.now).held == []
    assert told.returned == [(["1"], 16.0)]


def test_without_a_postponing_acknowledger_it_is_requeued() -> None:
    clock, told = Clock(), Told()
    rates = RateLimiter(LocalSource(Rate.of(1, 100.0), clock))
    rates.admit([told.message("0"), told.message("1")], 0.0)
    assert [type(one) for one in told.heard] == [Requeued]


def test_messages_cost_what_they_cost_and_one_that_costs_too_much_fails() -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told, allowed=10, cost=lambda message: len(message.data))
    admission = rates.admit([told.message("x" * size) for size in (4, 11, 5, 3)], 0.0)
    assert [len(name) for name in data(admission.passed)] == [4, 5]
    (acked,) = told.heard
    assert isinstance(acked, Acked)
    assert "11 permits" in str(acked.failed[0].status)


def test_a_key_function_that_raises_fails_its_message_only() -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told, per_key=by_letter)
    assert data(rates.admit([told.message(""), told.message("a")], 0.0).passed) == ["a"]
    (acked,) = told.heard
    assert isinstance(acked, Acked)
    assert isinstance(acked.failed[0].status, Crash)


class Down:
    """A source that cannot be asked until it is repaired."""

    def __init__(self) -> None:
        self.rate = Rate.of(5, 1.0)
        self.repaired = False
        self.asked = 0

    def take(self, wanted: Mapping[str, Sequence[int]]) -> Permits:
        self.asked += 1
        if not self.repaired:
            raise Unavailable("the database", "/database/pool", "it is down")
        return Permits({key: len(costs) for key, costs in wanted.items()}, {})

    def change(self, allowed: int | None, interval_seconds: float | None) -> None:
        raise Unavailable("the database", "/database/pool", "it is down")

    def reset(self) -> None:
        raise ValueError("not this one")


def test_while_nobody_can_be_asked_nothing_passes_and_nobody_is_asked_all_the_time() -> None:
    told, source = Told(), Down()
    rates = RateLimiter(source, returning=told.take_back)
    admission = rates.admit([told.message("a")], 100.0)
    assert (data(admission.passed), data(admission.held)) == ([], ["a"])
    assert 0 < admission.retry_seconds <= 2 * RETRY_SECONDS
    rates.admit(admission.held, 100.1)
    assert source.asked == 1
    assert "it is down" in rates.why
    source.repaired = True
    assert data(rates.admit(admission.held, 100.0 + admission.retry_seconds).passed) == ["a"]
    assert rates.why == ""


def test_figures_change_at_run_time_and_wrong_ones_are_refused() -> None:
    clock, told = Clock(), Told()
    rates = limiter(clock, told)
    rates.admit([told.message("a"), told.message("b")], 0.0)
    rates.update(0.0, allowed_messages=3)
    assert data(rates.admit([told.message("c"), told.message("d")], 0.0).passed) == ["c"]
    rates.update(0.0, reset=True)
    assert data(rates.admit([told.message("d")], 0.0).passed) == ["d"]
    assert (rates.read().allowed_messages, rates.read().interval_seconds) == (3, 10.0)
    for wrong in ({"allowed_messages": 0}, {"interval": 1}, {"reset": "yes"}):
        with pytest.raises(WrongOption):
            rates.update(0.0, **wrong)
    with pytest.raises(WrongOption, match="not this one"):
        down = Down()
        down.change = lambda allowed, interval_seconds: None  # type: ignore[method-assign]
        RateLimiter(down).update(0.0, reset=True)
