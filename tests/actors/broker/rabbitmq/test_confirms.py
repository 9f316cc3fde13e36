"""Which messages are confirmed, refused, or came back."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from actors.broker.rabbitmq.confirms import Confirms, lost


def sent(count: int) -> Confirms:
    confirms = Confirms()
    confirms.begin()
    for _ in range(count):
        confirms.sent()
    return confirms


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=30))
def test_every_confirm_counts_once_in_whatever_order(count: int, frames: list[tuple[int, bool]]) -> None:
    confirms = sent(count)
    open_numbers = set(range(1, count + 1))
    for number, multiple in frames:
        confirms.settled(number, multiple)
        open_numbers -= set(range(1, number + 1)) if multiple else {number}
        assert confirms.outstanding == len(open_numbers)
    confirms.settled(count, multiple=True)
    assert confirms.outstanding == 0
    assert confirms.refused == 0


def test_numbers_go_on_over_the_lists_of_a_channel() -> None:
    confirms = sent(2)
    confirms.settled(2, multiple=True)
    confirms.begin()
    confirms.sent()
    confirms.settled(2, multiple=False)
    assert confirms.outstanding == 1
    confirms.settled(3, multiple=False)
    assert confirms.outstanding == 0


def test_what_is_refused_is_counted_once_and_forgotten_with_the_next_list() -> None:
    confirms = sent(3)
    confirms.settled(2, multiple=True, refused=True)
    confirms.settled(2, multiple=True, refused=True)
    assert (confirms.refused, confirms.outstanding) == (2, 1)
    confirms.begin()
    assert confirms.refused == 0


def test_of_equal_addresses_the_first_came_back() -> None:
    """RabbitMQ returns in the order of publishing; a queue may be bound while a list is on its way."""
    addresses = [("e", "a"), ("e", "b"), ("e", "a"), ("", "a"), ("e", "a")]
    assert lost(addresses, Counter({("e", "a"): 2, ("", "a"): 1})) == {0, 2, 3}
    assert lost(addresses, Counter()) == set()
