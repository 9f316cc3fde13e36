"""The watcher against the plainest way to count: look at every window that ends with an arrival."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from actors.carrier.simulated.network import Network
from actors.carrier.simulated.watcher import StrictLimit, count, violations, watched
from tests.actors.carrier.pieces import OURS, piece, pieces

SECOND = StrictLimit(name="second", most=3, seconds=1.0)
#: Quarters of a second are exact in binary: the edges of windows are hit.
ARRIVALS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 4)), max_size=30)


def arrive(network: Network, limit: StrictLimit, arrivals: Sequence[tuple[float, int]]) -> list[int]:
    with network.transaction() as connection:
        parts = [(at, pieces("x" * 153 * units if units > 1 else "x")) for at, units in arrivals]
        return [sum(count(connection, "a", [limit], one, at) for one in several) for at, several in parts]


def fullest(arrivals: Sequence[tuple[float, int]], seconds: float) -> int:
    return max(sum(units for at, units in arrivals if end - seconds < at <= end) for end, _ in arrivals)


@given(gaps=ARRIVALS)
def test_the_fullest_window_is_found_wherever_it_begins(gaps: list[tuple[int, int]]) -> None:
    at, arrivals = 1000.0, []
    for gap, units in gaps:
        at += gap / 4
        arrivals.append((at, units))
    network = Network(Path(":memory:"))
    arrive(network, SECOND, arrivals)
    rows = network.query("SELECT peak, total, violations FROM watched")
    network.close()
    if not arrivals:
        assert rows == []
        return
    ((peak, total, too_many),) = rows
    assert peak == fullest(arrivals, 1.0)
    assert total == sum(units for _, units in arrivals)
    assert (too_many > 0) == (peak > SECOND.most)


def test_what_is_too_many_is_told_at_once_and_remembered(tmp_path: Path) -> None:
    path = tmp_path / "phones.sqlite"
    network = Network(path)
    assert arrive(network, SECOND, [(10.0, 2), (10.5, 1), (10.9, 2), (11.0, 1), (12.0, 1)]) == [0, 0, 2, 1, 0]
    network.close()
    (seen,) = watched(path)
    assert (seen.limit, seen.most, seen.total, seen.peak, seen.peak_at) == ("second", 3, 7, 5, 10.9)
    assert (seen.violations, seen.violated_at) == (3, 10.9)
    assert violations(path) == 3


def test_another_process_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    path = tmp_path / "phones.sqlite"
    for at, too_many in ((10.0, 0), (10.2, 1)):
        network = Network(path)
        assert arrive(network, SECOND, [(at, 2)]) == [too_many]
        network.close()


def test_a_day_begins_at_the_midnight_of_its_time_zone(tmp_path: Path) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    limit = StrictLimit(name="day", most=2, day_of="America/Los_Angeles")
    midnight = datetime(2026, 3, 8, tzinfo=zone).timestamp()  # a day of 23 hours follows
    network = Network(tmp_path / "phones.sqlite")
    times = [midnight - 1, midnight - 0.5, midnight, midnight + 22 * 3600, midnight + 22.9 * 3600, midnight + 23 * 3600]
    assert arrive(network, limit, [(at, 1) for at in times]) == [0, 0, 0, 0, 1, 0]
    network.close()


def test_a_limit_is_about_its_senders_together_or_each(tmp_path: Path) -> None:
    both = StrictLimit(name="campaign", most=1, seconds=1.0, senders=("+15550100", "+15550101"))
    each = StrictLimit(name="number", most=1, seconds=1.0, each=True)
    senders = (OURS, "+15550101", "+15550102")
    network = Network(tmp_path / "phones.sqlite")
    with network.transaction() as connection:
        found = [count(connection, "a", [both, each], piece(sender=sender), 5.0) for sender in senders]
    network.close()
    assert found == [0, 1, 0]


def test_a_message_of_several_segments_can_count_once(tmp_path: Path) -> None:
    limit = StrictLimit(name="messages", most=1, seconds=1.0, unit="messages")
    network = Network(tmp_path / "phones.sqlite")
    assert arrive(network, limit, [(5.0, 3), (5.5, 2)]) == [0, 1]
    network.close()


def test_old_totals_are_forgotten_and_windows_stay_exact(tmp_path: Path) -> None:
    limit = StrictLimit(name="second", most=2, seconds=1.0)
    network = Network(tmp_path / "phones.sqlite")
    assert not any(arrive(network, limit, [(number / 2, 1) for number in range(2000)]))
    ((left,),) = network.query("SELECT count(*) FROM arrivals")
    assert left < 600
    assert arrive(network, limit, [(999.75, 1)]) == [1]
    network.close()


@pytest.mark.parametrize("fields", [{}, {"seconds": 1, "day_of": "UTC"}, {"day_of": "Nowhere/Land"}])
def test_a_limit_has_one_window(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StrictLimit.model_validate({"name": "x", "most": 1, **fields})
