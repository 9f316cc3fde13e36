"""Messages wait for their key, and for nothing else; what cannot wait here goes back to the broker."""

from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.rates.parking import ParkingLot

steps = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 20), st.floats(0, 80), st.sampled_from(["park", "leave", "sweep"])),
    max_size=80,
)


@given(steps, st.integers(1, 12))
def test_every_message_leaves_once_in_the_order_of_its_key_and_in_time(
    doing: list[tuple[str, float, float, str]], places: int
) -> None:
    lot: ParkingLot[tuple[str, int, float]] = ParkingLot(places, max_seconds=60.0)
    now, came, out = 0.0, list[tuple[str, int, float]](), list[tuple[str, int, float]]()
    for number, (key, pause, wait, what) in enumerate(doing):
        now += pause
        out += lot.overdue(now)
        match what:
            case "park":
                item = (key, number, now)
                if lot.park(key, item, now, now + wait):
                    came.append(item)
            case "leave":
                for due in lot.due(now):
                    first = lot.first(due)
                    assert lot.leave(due) == first
                    assert now - first[2] <= 60.0
                    out.append(first)
            case "sweep" if key in lot:
                lot.wait(key, now + wait)
        assert len(lot) <= places
        assert len(lot) == len(came) - len(out)
    out += lot.clear()
    assert sorted(out) == sorted(came)
    for key in "abc":
        numbers = [number for owner, number, _ in out if owner == key]
        assert numbers == sorted(numbers)


def test_a_key_at_its_limit_leaves_places_for_others() -> None:
    lot: ParkingLot[int] = ParkingLot(places=100)
    taken = sum(lot.park("busy", number, 0.0, 10.0) for number in range(1000))
    assert 40 <= taken <= 60
    assert lot.park("other", 1, 0.0, 10.0)


def test_keys_whose_time_has_come_take_turns() -> None:
    lot: ParkingLot[str] = ParkingLot()
    for item in ("a1", "a2", "b1"):
        lot.park(item[0], item, 0.0, 1.0)
    assert lot.due(0.5) == ()
    assert [lot.leave(lot.due(1.0)[0]) for _ in range(3)] == ["a1", "b1", "a2"]


def test_who_would_wait_too_long_is_not_parked() -> None:
    lot: ParkingLot[int] = ParkingLot(max_seconds=60.0)
    assert not lot.park("a", 1, now=0.0, ready_at=60.5)
    assert lot.park("a", 1, now=0.0, ready_at=59.0)
    assert lot.next_at() == 59.0
    lot.wait("a", 61.0)
    assert lot.overdue(1.0) == [1]
    assert (len(lot), lot.keys, lot.next_at()) == (0, (), None)
