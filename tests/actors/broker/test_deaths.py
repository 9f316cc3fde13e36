"""The header `x-death`: written, read back, counted."""

from typing import Any

import pytest

from actors.broker import Death, deaths
from actors.broker.deaths import with_death


def death(queue: str, reason: str, time: float, key: str = "k") -> Death:
    return Death(queue, reason, 1, time, "e", key)


def test_the_latest_death_comes_first_and_other_headers_stay() -> None:
    headers = with_death(with_death({"kept": 1}, death("q", "bad", 1.0)), death("r", "worse", 2.0))
    assert headers["kept"] == 1
    assert deaths(headers) == (death("r", "worse", 2.0), death("q", "bad", 1.0))


def test_the_same_death_again_is_counted_and_keeps_where_it_came_from() -> None:
    headers = with_death({}, death("q", "bad", 1.0, "first"))
    headers = with_death(headers, death("r", "worse", 2.0))
    headers = with_death(headers, death("q", "bad", 3.0, "second"))
    assert deaths(headers) == (Death("q", "bad", 2, 3.0, "e", "first"), death("r", "worse", 2.0))


@pytest.mark.parametrize("noted", [None, "x", 3, [], [1, "x", {}]])
def test_a_header_of_another_form_is_no_death(noted: Any) -> None:
    assert deaths({"x-death": noted}) == ()


@pytest.mark.parametrize("nonsense", ["many", -1, 1e300, float("nan"), None, [1]])
def test_numbers_that_are_none_kill_nobody(nonsense: object) -> None:
    (death,) = deaths({"x-death": [{"queue": "work", "count": nonsense, "time": nonsense}]})
    assert (death.count, death.time) == (1, 0.0)
