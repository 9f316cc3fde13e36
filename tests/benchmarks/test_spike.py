from benchmarks.spike import WINDOW_SECONDS, p99_over_time


def test_p99_is_told_per_window_from_the_first_reset_on() -> None:
    start = 1_000_000.0
    late = [(start + second, 10.0) for second in range(5)] + [(start + WINDOW_SECONDS, 30.0)]
    assert p99_over_time(late) == [(WINDOW_SECONDS / 2, 10.0), (WINDOW_SECONDS * 1.5, 30.0)]
