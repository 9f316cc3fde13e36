"""It proves what holds and refutes what does not: among it the limiters that others are known to use."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sms.limits.errors import WrongLog
from apps.sms.limits.verifier import LimitVerdict, Verdict, verify
from tests.apps.sms.limits.checker import fullest
from tests.apps.sms.limits.logs import ACME, BEGAN_AT, PER_SECOND, SECOND, Log

LIMIT = 10


def judged(*logs: Log, uncertainty: float = 0.1) -> Verdict:
    return verify({f"log {number}": log.lines for number, log in enumerate(logs)}, uncertainty)


def only(verdict: Verdict) -> LimitVerdict:
    (limit,) = verdict.limits
    return limit


def log_of(uses: list[tuple[float, int]], epoch: int = 1) -> Log:
    log = Log([PER_SECOND], epoch)
    for at, units in uses:
        log.hand(at, units)
    return log


def strict(seconds: float) -> Iterator[tuple[float, int]]:
    """All at once, and again when the window is over."""
    at = 2.0
    while at < seconds:
        yield from [(at, 1)] * LIMIT
        at += 1.011


def calendar_second(seconds: int) -> Iterator[tuple[float, int]]:
    """A counter per second of the clock: full at the end of one and at the beginning of the next."""
    for second in range(2, seconds, 2):
        yield from [(second + 0.99, 1)] * LIMIT
        yield from [(second + 1.01, 1)] * LIMIT


def checked_before_added(seconds: int) -> Iterator[tuple[float, int]]:
    """`if used < limit` before the cost is known: 9 of 10, and then a text of 8 segments."""
    for second in range(2, seconds, 2):
        yield from [(float(second), 9), (second + 0.1, 8)]


def zeroed_each_second(seconds: int) -> Iterator[tuple[float, int]]:
    """A loop zeroes the counter, and the text that is being sent always finishes."""
    for second in range(2, seconds, 3):
        yield from [(second + 0.95, 1)] * 9
        yield from [(second + 0.96, 3), (second + 1.05, 1), (second + 1.06, 1)]


def microseconds_alone(seconds: int) -> Iterator[tuple[float, int]]:
    """At one per two seconds it sleeps for the microseconds of what is left, without the seconds."""
    return ((2 + number * 0.999, 1) for number in range(seconds))


def halves(seconds: int, process: int) -> Iterator[tuple[float, int]]:
    """Each process by itself keeps the limit."""
    return ((at + process * 0.3, units) for at, units in strict(seconds))


def test_a_strict_limiter_is_proven_and_its_use_is_told() -> None:
    limit = only(judged(log_of(list(strict(200)))))
    assert (limit.verdict, limit.used, limit.amount) == ("proven", 10, 10)
    assert limit.utilisation == pytest.approx(1 / 1.011, abs=1e-4)
    assert limit.overall == pytest.approx(1 / 1.011, abs=1e-4)


@pytest.mark.parametrize("limiter", [calendar_second, checked_before_added, zeroed_each_second])
def test_the_classic_limiters_are_refuted(limiter) -> None:
    limit = only(judged(log_of(list(limiter(20)))))
    assert limit.verdict == "refuted"
    assert limit.used > LIMIT
    assert limit.to_us - limit.from_us <= SECOND


def test_a_limit_below_one_a_second_is_refuted_when_whole_seconds_are_lost() -> None:
    slow = {**PER_SECOND, "amount": 1, "seconds": 2.0}
    log = Log([slow])
    for at, units in microseconds_alone(20):
        log.hand(at, units)
    assert (only(judged(log)).verdict, only(judged(log)).used) == ("refuted", 3)


def test_halves_that_hold_each_are_refuted_together() -> None:
    logs = [log_of(list(halves(20, process)), epoch=process + 1) for process in range(2)]
    assert [only(judged(log)).verdict for log in logs] == ["proven", "proven"]
    assert (only(judged(*logs)).verdict, only(judged(*logs)).used) == ("refuted", 20)


def test_the_worst_window_is_named() -> None:
    log = Log([PER_SECOND])
    log.hand(5.0, 4)
    log.hand(7.25, 4)
    log.hand(7.5, 5, key=("carrier", "other"))
    log.hand(8.25, 3)
    limit = only(judged(log))
    assert (limit.used, limit.key) == (7, ACME)
    assert (limit.from_us - BEGAN_AT, limit.to_us - BEGAN_AT) == (7_250_000, 8_250_000)


@given(st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(1, 4)), min_size=1, max_size=40))
def test_the_worst_window_is_what_adding_up_every_window_finds(uses: list[tuple[int, int]]) -> None:
    log = log_of([(at / SECOND, units) for at, units in sorted(uses)])
    limit = only(judged(log))
    assert limit.used == fullest(uses, SECOND)
    assert (limit.verdict == "refuted") == (limit.used > LIMIT)


def test_a_take_over_is_proven_when_clocks_may_differ_less_than_it_took() -> None:
    first, second = Log([PER_SECOND]), Log([PER_SECOND], epoch=2, began=10.0, skew=0.08)
    first.hand(9.9, 10)
    second.hand(11.3, 10)
    assert only(judged(first, second)).verdict == "proven"
    assert only(judged(first, second, uncertainty=0.6)).verdict == "unproven"
    assert not judged(first, second, uncertainty=0.6).proven
    early = Log([PER_SECOND], epoch=2, began=10.0)
    early.hand(10.5, 1)
    assert only(judged(first, early)).verdict == "refuted"


def test_a_limit_that_was_lowered_holds_from_then_on() -> None:
    log = Log([PER_SECOND])
    log.hand(5.0, 10)
    log.header([{**PER_SECOND, "amount": 3}], 5.1)
    log.hand(5.2, 3)
    assert [(limit.amount, limit.used, limit.verdict) for limit in judged(log).limits] == [
        (3, 3, "proven"),
        (10, 10, "proven"),
    ]
    log.hand(5.9, 1)
    assert [limit.verdict for limit in judged(log).limits] == ["refuted", "proven"]


def test_messages_and_scopes() -> None:
    number = {"name": "number", "scope": ["number", "*"], "amount": 1, "unit": "messages", "seconds": 60.0}
    log = Log([number])
    log.hand(1.0, 5, 1, ("number", "+1"))
    log.hand(1.0, 5, 0, ("number", "+1"))
    log.hand(1.0, 5, 1, ("number", "+2"))
    log.hand(1.0, 5, 1, ("campaign", "c"))
    verdict = judged(log)
    assert (only(verdict).verdict, only(verdict).used, only(verdict).handed) == ("proven", 1, 2)
    assert (verdict.handovers, verdict.unlimited) == (4, 1)


DAY = {"name": "day", "scope": ["carrier", "*"], "amount": 5, "unit": "segments"}
DAY |= {"zone": "America/Los_Angeles", "period": "day"}
#: BEGAN_AT is 07:13:20 in the morning there.
TO_MIDNIGHT = 16 * 3600 + 46 * 60 + 40


def test_a_day_ends_at_its_own_midnight() -> None:
    log = Log([DAY])
    log.hand(TO_MIDNIGHT - 10, 5)
    log.hand(TO_MIDNIGHT + 10, 5)
    assert (only(judged(log)).verdict, only(judged(log)).utilisation) == ("proven", 1.0)
    log.hand(TO_MIDNIGHT + 20, 1)
    assert (only(judged(log)).verdict, only(judged(log)).used) == ("refuted", 6)


def test_at_midnight_clocks_decide_and_they_may_differ() -> None:
    log = Log([DAY])
    log.hand(TO_MIDNIGHT - 0.05, 5)
    log.hand(TO_MIDNIGHT + 0.05, 5)
    assert only(judged(log)).verdict == "unproven"
    assert only(judged(log, uncertainty=0.01)).verdict == "proven"


def test_a_wall_clock_that_was_set_makes_no_second_day() -> None:
    log = Log([DAY])
    log.hand(10, 5)
    log.hand(20, 5, step=86_400.0)
    assert only(judged(log)).verdict == "refuted"


def test_an_unfinished_last_line_was_never_handed_over() -> None:
    log = log_of([(1.0, 10), (1.1, 1)])
    log.lines[-1] = log.lines[-1][:40]
    assert only(judged(log)).verdict == "proven"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (lambda log: log.lines[1:], "says which limits are in force"),
        (lambda log: [*log.lines, "nonsense\n"], "line 4"),
        (lambda log: [log.lines[0], log.lines[2], log.lines[1]], "is before that of the line above"),
        (lambda log: [log.lines[0], log.lines[1].replace('"epoch": 1', '"epoch": 2')], "epoch 2 in the log of epoch 1"),
        (lambda log: [log.lines[0].replace('"seconds"', '"moons"')], "neither seconds nor a period"),
        (lambda log: [log.lines[0].replace("segments", "stones")], "no unit"),
    ],
)
def test_what_is_no_log_is_refused_with_its_place(lines, why: str) -> None:
    log = log_of([(1.0, 1), (2.0, 1)])
    with pytest.raises(WrongLog, match=why):
        verify({"a": lines(log)})
