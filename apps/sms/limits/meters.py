"""A limit for one key: when a charge fits, what has to be reserved before, and the charge itself. Pure; one thread.

`reserved` units of long windows stand in the database and are left to be used; whoever comes after a crash counts all
of them as used.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from apps.sms.limits.calendars import Window, windows_between
from apps.sms.limits.charge import Key, Want
from apps.sms.limits.lately import Lately
from apps.sms.limits.limit import SECOND_US, Calendar, Limit, Sliding
from apps.sms.limits.wall import Wall

#: Long windows are reserved in blocks of this part of the amount: a crash loses less than one.
BLOCKS = 200
#: A clock may be so unsure that a moment may lie in so many windows, not more.
MOST_WINDOWS = 48


class Meter(Protocol):
    """What the books ask. Times are monotonic microseconds."""

    limit: Limit
    key: Key

    def allowed(self) -> int:
        """What one charge may cost at most."""

    def forget(self, now_us: int) -> None:
        """Nothing before `now_us` will be asked."""

    def earliest(self, units: int, at_us: int) -> int:
        """When so many fit, by what is known and if nobody else is charged: `at_us` or later."""

    def wants(self, units: int, at_us: int) -> list[Want]:
        """What has to be reserved before so many can be charged; `units=0` asks what should be, soon."""

    def charge(self, units: int, at_us: int) -> None:
        """They fit and are reserved."""

    def move(self, units: int, from_us: int, to_us: int) -> None:
        """Units charged at `from_us` may have left as late as `to_us`."""

    def reserve(self, want: Want, total: int, used: Iterable[tuple[int, int]]) -> None:
        """The want was reserved. `total`: of its calendar window, now; `used`: (until, units) by holders before."""

    def knows(self, window: str) -> bool:
        """Whether something was reserved of it in this life."""

    def left(self) -> list[Want]:
        """What is reserved and not used."""

    def idle(self, now_us: int) -> bool:
        """Whether a new meter would answer the same."""

    def used(self, now_us: int) -> int:
        """Units that count now; reserved ones of others among them."""

    def become(self, limit: Limit) -> None:
        """Another amount, slack or length; what was charged stays."""


class SlidingMeter:
    """Of a sliding limit, with its burst. Full when its holder's life begins, unless the database knows better."""

    def __init__(self, limit: Limit, key: Key, born_us: int) -> None:
        self.key = key
        self.reserved = 0
        self.known = not limit.durable
        self.windows: list[Lately] = []
        self.become(limit)
        for window in self.windows[1:] if limit.durable else self.windows:
            window.was_used([(born_us, window.amount)])
            window.forget(born_us)

    def become(self, limit: Limit) -> None:
        self.limit = limit
        figures = _figures(limit)
        kept = self.windows[: len(figures)]
        for window, (amount, span_us) in zip(kept, figures, strict=False):
            window.become(amount, span_us)
        self.windows = [*kept, *(Lately(amount, span_us) for amount, span_us in figures[len(kept) :])]

    def allowed(self) -> int:
        return self.windows[-1].amount

    def forget(self, now_us: int) -> None:
        for window in self.windows:
            window.forget(now_us)

    def earliest(self, units: int, at_us: int) -> int:
        for window in self.windows:
            at_us = window.earliest(units, at_us)
        return at_us

    def wants(self, units: int, at_us: int) -> list[Want]:
        if not self.limit.durable:
            return []
        block = _block(self.limit)
        lack = max(units, (block + 1) // 2 if units == 0 and self.known else 0) - self.reserved
        if self.known and lack <= 0:
            return []
        return [Want(self.limit.name, self.key, "", max(block, lack))]

    def charge(self, units: int, at_us: int) -> None:
        if self.limit.durable:
            self.reserved -= units
        for window in self.windows:
            window.charge(units, at_us)

    def move(self, units: int, from_us: int, to_us: int) -> None:
        for window in self.windows:
            window.move(units, from_us, to_us)

    def reserve(self, want: Want, total: int, used: Iterable[tuple[int, int]]) -> None:
        if not self.known:
            self.windows[0].was_used(used)
            self.known = True
        self.reserved += want.units

    def knows(self, window: str) -> bool:
        return self.known

    def left(self) -> list[Want]:
        return [Want(self.limit.name, self.key, "", self.reserved)] if self.reserved else []

    def idle(self, now_us: int) -> bool:
        self.forget(now_us)
        return not self.reserved and not any(window.used for window in self.windows)

    def used(self, now_us: int) -> int:
        self.forget(now_us)
        return self.windows[0].used


class _Book:
    """One calendar window: units reserved by anybody so far, and what of it is ours to use."""

    __slots__ = ("left", "total", "window")

    def __init__(self, window: Window) -> None:
        self.window = window
        self.total: int | None = None  # unknown until the database has said it
        self.left = 0

    @property
    def used(self) -> int:
        return (self.total or 0) - self.left


class CalendarMeter:
    """Of a calendar limit. A charge counts in each window that true time, give or take the slack, may lie in."""

    def __init__(self, limit: Limit, key: Key, wall: Wall) -> None:
        self.key = key
        self._wall = wall
        self._books: dict[str, _Book] = {}
        self._span: tuple[int, int] = (0, 0)
        self._now: Sequence[_Book] = ()
        self.become(limit)

    def become(self, limit: Limit) -> None:
        self.limit = limit

    def allowed(self) -> int:
        return self.limit.amount

    def forget(self, now_us: int) -> None:
        """Windows end in the wall's time; they are dropped when they are looked up, see `_at`."""

    def earliest(self, units: int, at_us: int) -> int:
        """Sure of no window, it waits for the oldest reading of the clock to be forgotten."""
        books = self._at(at_us)
        if books is None:
            return self._wall.next_forgotten_us(at_us)
        full = [book for book in books if book.used + units > self.limit.amount]
        if not full:
            return at_us
        earliest_wall_us, _ = self._wall.at(at_us)
        return at_us + max(book.window.end_us for book in full) + self.limit.slack_us - earliest_wall_us

    def wants(self, units: int, at_us: int) -> list[Want]:
        wants = ((book.window.name, self._lack(book, units)) for book in self._at(at_us) or ())
        return [Want(self.limit.name, self.key, window, lack) for window, lack in wants if lack]

    def _lack(self, book: _Book, units: int) -> int:
        """Units to reserve of one window, at least so much that `units` can be charged."""
        block = _block(self.limit)
        if book.total is None:
            return max(block, units) if units else 0
        level = units or (block + 1) // 2
        return min(self.limit.amount - book.total, max(block, level - book.left)) if book.left < level else 0

    def charge(self, units: int, at_us: int) -> None:
        for book in self._at(at_us) or ():
            book.left -= units

    def move(self, units: int, from_us: int, to_us: int) -> None:
        """Its edges are blurred by the slack; what takes longer than that at midnight is not known to have arrived."""

    def reserve(self, want: Want, total: int, used: Iterable[tuple[int, int]]) -> None:
        book = self._books.get(want.window)
        if book is not None:
            book.total = total
            book.left += want.units

    def knows(self, window: str) -> bool:
        return window in self._books and self._books[window].total is not None

    def left(self) -> list[Want]:
        return [Want(self.limit.name, self.key, name, book.left) for name, book in self._books.items() if book.left]

    def idle(self, now_us: int) -> bool:
        books = self._at(now_us)
        if books is None:
            return False
        self._books = {book.window.name: book for book in books}
        return not any(book.left or book.total for book in books)

    def used(self, now_us: int) -> int:
        return max((book.used for book in self._at(now_us) or ()), default=0)

    def _at(self, at_us: int) -> Sequence[_Book] | None:
        """The windows that a moment, now or later, may lie in; None if they are too many."""
        first, last = self._wall.at(at_us)
        first, last = first - self.limit.slack_us, last + self.limit.slack_us
        start, end = self._span
        if start <= first and last < end:
            return self._now
        per = self.limit.per
        assert isinstance(per, Calendar)
        windows = windows_between(per, first, last, MOST_WINDOWS)
        if windows is None:
            return None
        books = [self._books.setdefault(window.name, _Book(window)) for window in windows]
        if len(books) == 1:
            self._span, self._now = (windows[0].start_us, windows[0].end_us), books
        return books


def meter_of(limit: Limit, key: Key, born_us: int, wall: Wall) -> Meter:
    if isinstance(limit.per, Calendar):
        return CalendarMeter(limit, key, wall)
    return SlidingMeter(limit, key, born_us)


def same_kind(one: Limit, other: Limit) -> bool:
    """Whether a meter of the one can become one of the other."""
    if isinstance(one.per, Calendar) or isinstance(other.per, Calendar):
        return one.per == other.per and one.unit == other.unit
    return one.durable == other.durable and one.unit == other.unit


def _figures(limit: Limit) -> list[tuple[int, int]]:
    """(amount, span in microseconds) of the limit and, if it has one, of its burst."""
    assert isinstance(limit.per, Sliding)
    whole = (limit.amount, round(limit.per.seconds * SECOND_US) + limit.slack_us)
    if limit.burst is None:
        return [whole]
    return [whole, (limit.burst, max(1, whole[1] * limit.burst // limit.amount))]


def _block(limit: Limit) -> int:
    return max(1, limit.amount // BLOCKS)
