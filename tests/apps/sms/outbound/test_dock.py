"""Claimed texts that wait for their limits."""

from apps.sms.limits import Books, Limit, Moment, Scope, Sliding
from apps.sms.outbound.dock import HORIZON_SECONDS, Dock
from apps.sms.outbound.parcel import Parcel
from apps.sms.outbound.pieces import cut, keys_of
from supervision.testing import FakeClock
from tests.apps.sms.outbound.test_pieces import SPLITS, text

SLOW = Limit("slow", Scope("number", "+15550001000"), 1, Sliding(10.0), slack_seconds=0.0)


def parcel(id: int, pieces: int = 1, ours: str = "+15550001000") -> Parcel:
    one = text("a" * (153 * pieces if pieces > 1 else 1), id=id, key=f"t{id}", our_number=ours)
    return Parcel(one, cut(one, SPLITS, 10), keys_of("c", one))


def dock(*limits: Limit) -> tuple[Dock, FakeClock]:
    """At work for so long that no window is full because of a take-over."""
    clock = FakeClock()
    found = Dock(Books(limits, Moment.of(clock)))
    clock.advance(60.0)
    return found, clock


def test_pieces_leave_in_order_as_far_as_there_is_room() -> None:
    found, clock = dock()
    for id in range(3):
        found.put(parcel(id, pieces=2))
    first, rest = found.choose("c", 3, clock), found.choose("c", 10, clock)
    assert [(one.piece.key, one.piece.number) for one in first.pieces] == [("t0", 1), ("t0", 2), ("t1", 1)]
    assert [(one.piece.key, one.piece.number) for one in rest.pieces] == [("t1", 2), ("t2", 1), ("t2", 2)]
    assert found.loaded("c") == 0


def test_one_whose_limit_lets_it_go_later_goes_back_and_stops_no_other() -> None:
    found, clock = dock(SLOW)
    for one in (parcel(1), parcel(2), parcel(3, ours="+15550001001")):
        found.put(one)
    choice = found.choose("c", 10, clock)
    assert [one.piece.key for one in choice.pieces] == ["t1", "t3"]
    assert [one.text.key for one in choice.over] == ["t2"] and found.waits == {"slow": 1}
    assert found.blocked(Moment.of(clock)).keys() == {("number", "+15550001000")}


def test_one_that_is_about_to_be_let_go_is_kept() -> None:
    found, clock = dock(SLOW)
    found.put(parcel(1))
    assert found.choose("c", 10, clock).pieces
    clock.advance(10.0 - HORIZON_SECONDS / 2)
    found.put(parcel(2))
    choice = found.choose("c", 10, clock)
    assert choice.pieces == [] and choice.over == [] and found.loaded("c") == 1
    opens = found.opens_at_us(Moment.of(clock))
    assert opens is not None
    clock.advance(opens / 1_000_000 - clock.monotonic())
    assert [one.piece.key for one in found.choose("c", 10, clock).pieces] == ["t2"]


def test_a_long_text_that_left_in_part_waits_for_the_rest() -> None:
    found, clock = dock(SLOW)
    found.put(parcel(1, pieces=2))
    choice = found.choose("c", 10, clock)
    assert [one.piece.number for one in choice.pieces] == [1] and choice.over == [] and found.loaded("c") == 1


def test_what_never_fits_fails() -> None:
    found, clock = dock(Limit("tiny", Scope("number", "*"), 1, Sliding(1.0)))
    whole = parcel(1)
    big = whole.waiting.popleft()
    whole.waiting.append(type(big)(**{name: getattr(big, name) for name in big.__slots__} | {"units": 2}))
    found.put(whole)
    assert found.choose("c", 10, clock).over == [whole] and whole.failed


def test_late_pieces_are_first_again() -> None:
    found, clock = dock()
    found.put(parcel(1, pieces=2))
    found.put(parcel(2))
    late = found.choose("c", 10, clock).pieces
    found.put_back(late)
    again = found.choose("c", 10, clock).pieces
    assert [(one.piece.key, one.piece.number) for one in again] == [("t1", 1), ("t1", 2), ("t2", 1)]


def test_withdrawing_takes_what_is_not_out() -> None:
    found, clock = dock()
    out, waiting = parcel(1, pieces=2), parcel(2)
    found.put(out)
    found.put(waiting)
    found.choose("c", 1, clock)
    assert found.withdraw("c", "slowly") == [waiting]
    assert out.stopped == "slowly" and not out.over and found.loaded("c") == 0
