import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.pipeline.stage import BadSubscription, Terms
from actors.pipeline.stage.demand import Demand, check


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    most = draw(st.integers(1, 50))
    return Terms(most, draw(st.none() | st.integers(0, most - 1)))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (Terms(0), "max_demand must be a whole number >= 1"),
        (Terms(True), "max_demand must be a whole number >= 1"),
        (Terms(1000, 2000), "<= 999"),
        (Terms(10, 10), "<= 9"),
        (Terms(10, -1), ">= 0"),
        (Terms(cancel="sometimes"), "permanent, transient, temporary"),  # type: ignore[arg-type]
    ],
)
def test_bw_87_bad_terms_are_refused_with_their_range(bad: Terms, said: str) -> None:
    with pytest.raises(BadSubscription, match=said):
        check(bad)


@pytest.mark.parametrize(("most", "least"), [(1000, 500), (10, 5), (1, 0), (3, 1)])
def test_dem_2_min_demand_is_half_of_max_by_default(most: int, least: int) -> None:
    assert check(Terms(most)).min_demand == least


@pytest.mark.parametrize(
    ("most", "least", "sizes"), [(100, 80, [20] * 5), (100, 20, [80, 20]), (1, 0, [1]), (10, 5, [5, 5])]
)
def test_dem_3_a_list_is_cut_into_chunks_of_max_minus_min(most: int, least: int, sizes: list[int]) -> None:
    chunks = Demand(Terms(most, least)).chunks(range(most))
    assert [len(chunk) for chunk in chunks] == sizes
    assert [event for chunk in chunks for event in chunk] == list(range(most))


def test_dem_4_it_asks_again_at_min_and_fills_up_to_max() -> None:
    demand = Demand(Terms(10, 4))
    assert demand.first() == 10
    assert [demand.handled(count) for count in (3, 2, 1)] == [0, 0, 6]


def test_dem_1_more_than_asked_for_counts_as_nothing_outstanding() -> None:
    demand = Demand(Terms(10, 4))
    demand.first()
    assert demand.handled(25) == 10


def test_dem_10_by_hand_nothing_is_asked_for_and_nothing_is_cut() -> None:
    demand = Demand(Terms(10, manual=True))
    assert demand.first() == 0
    assert demand.ask(300) == 300
    assert demand.chunks(range(300)) == [list(range(300))]
    assert demand.handled(300) == 0


@pytest.mark.parametrize("count", [-1, 1.5, "1"])
def test_one_asks_for_a_number_of_events(count: int) -> None:
    with pytest.raises(BadSubscription, match="whole number"):
        Demand(Terms()).ask(count)


@given(terms(), st.data())
def test_never_more_than_max_is_outstanding_and_it_never_stops_asking(given_terms: Terms, data: st.DataObject) -> None:
    demand = Demand(given_terms)
    asked, handled = demand.first(), 0
    for _ in range(20):
        sent = data.draw(st.integers(1, asked - handled))
        for chunk in demand.chunks(range(sent)):
            assert len(chunk) <= demand.max - demand.min
            handled += len(chunk)
            asked += demand.handled(len(chunk))
            assert demand.outstanding == asked - handled <= demand.max
        assert asked > handled
