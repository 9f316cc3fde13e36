"""Between which moments true time lies."""

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.limits.wall import HOUR_US, TRUST_US, Wall


def test_a_clock_that_nobody_sets_is_believed() -> None:
    wall = Wall(0, 5 * HOUR_US)
    wall.note(HOUR_US, 6 * HOUR_US)
    assert wall.at(2 * HOUR_US) == (7 * HOUR_US, 7 * HOUR_US)


def test_after_a_step_either_may_be_right_for_a_day() -> None:
    wall = Wall(0, 5 * HOUR_US)
    wall.note(10, 10 + 8 * HOUR_US)
    assert wall.at(20) == (20 + 5 * HOUR_US, 20 + 8 * HOUR_US)
    later = TRUST_US + 2 * HOUR_US
    assert wall.at(later) == (later + 8 * HOUR_US, later + 8 * HOUR_US)
    wall.note(later, later + 8 * HOUR_US)
    assert wall.at(later) == (later + 8 * HOUR_US, later + 8 * HOUR_US)


@given(st.lists(st.tuples(st.integers(0, 8 * HOUR_US), st.integers(-HOUR_US, HOUR_US)), max_size=30))
def test_every_reading_of_the_last_day_lies_between(readings: list[tuple[int, int]]) -> None:
    mono, wall = 0, Wall(0, 0)
    kept = [(0, 0)]
    for pause, distance in readings:
        mono += pause
        wall.note(mono, mono + distance)
        kept.append((mono, distance))
    recent = [distance for at, distance in kept if at > mono - TRUST_US]
    assert wall.at(mono)[0] <= mono + min(recent)
    assert wall.at(mono)[1] >= mono + max(recent)
    for later in (HOUR_US, 10 * HOUR_US, 30 * HOUR_US):
        before, after = wall.at(mono), wall.at(mono + later)
        assert after[0] - later >= before[0] and after[1] - later <= before[1], "it only becomes surer"
