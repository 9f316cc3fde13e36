from benchmarks.progress import rate


def test_a_rate_is_told_once_per_window() -> None:
    done = [(0.0, 0.0), (0.5, 10.0), (1.0, 20.0), (1.5, 20.0), (3.0, 120.0)]
    assert rate(done, 1.0) == [(1.0, 20.0), (3.0, 50.0)]


def test_nothing_seen_is_no_rate() -> None:
    assert rate([], 1.0) == []
