import pytest

from benchmarks.smpp_link import loopback

# The first time, the package is fetched.
pytestmark = pytest.mark.timeout(300)


def test_every_segment_is_answered_and_seen_once() -> None:
    measured = loopback(500)
    assert (measured.segments, measured.seen, measured.wrong) == (500, 500, 0)
    assert measured.segments_per_s > 0
