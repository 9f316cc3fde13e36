"""Pieces whose arrival is not known count until it is: no window sees more, however long they are on their way."""

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.limits import Books, Charge, Granted, Limit, Moment, Scope, Sliding

SECOND = 1_000_000
LIMIT = Limit("l", Scope("number", "*"), 3, Sliding(1.0), slack_seconds=0.0)
CHARGE = Charge((("number", "+1"),), 1)


def at(us: int) -> Moment:
    return Moment(us, us + 10**15)


@given(st.lists(st.tuples(st.integers(1, SECOND // 2), st.integers(0, 3 * SECOND)), min_size=1, max_size=60))
def test_no_window_of_arrivals_holds_more_than_the_limit(story: list[tuple[int, int]]) -> None:
    """Each step: time passes, one more is tried; if it is granted, it arrives and is answered after its own delay."""
    books, now = Books([LIMIT], at(0)), 2 * SECOND
    flying: list[tuple[int, int]] = []
    arrived: list[int] = []
    for pause, delay in story:
        for step in range(now, now + pause, SECOND // 10):
            flying = [_look(books, one, step, arrived) for one in flying]
            flying = [one for one in flying if one[1] >= 0]
        now += pause
        flying = [one for one in (_look(books, one, now, arrived) for one in flying) if one[1] >= 0]
        if isinstance(books.decide(CHARGE, at(now)), Granted):
            flying.append((now, now + delay))
    arrived += [due for _, due in flying]
    arrived.sort()
    for first in arrived:
        # Looked at every tenth of a second, it may be that much late.
        assert sum(first <= one <= first + SECOND - SECOND // 10 for one in arrived) <= LIMIT.amount


def _look(books: Books, piece: tuple[int, int], now: int, arrived: list[int]) -> tuple[int, int]:
    charged, due = piece
    charged = books.on_the_way(CHARGE, charged, at(now))
    if due <= now:
        arrived.append(due)
        return charged, -1
    return charged, due


def test_what_is_answered_within_the_slack_costs_no_more() -> None:
    limit = Limit("l", Scope("number", "*"), 1, Sliding(1.0), slack_seconds=0.1)
    books = Books([limit], at(0))
    assert isinstance(books.decide(CHARGE, at(2 * SECOND)), Granted)
    assert books.on_the_way(CHARGE, 2 * SECOND, at(2 * SECOND + 40_000)) == 2 * SECOND
    assert isinstance(books.decide(CHARGE, at(3 * SECOND + 110_000)), Granted)


def test_what_was_forgotten_counts_anew() -> None:
    books = Books([LIMIT], at(0))
    for _ in range(3):
        assert isinstance(books.decide(CHARGE, at(2 * SECOND)), Granted)
    for _ in range(3):
        books.on_the_way(CHARGE, 2 * SECOND, at(5 * SECOND))
    assert not isinstance(books.decide(CHARGE, at(5 * SECOND + 900_000)), Granted)
