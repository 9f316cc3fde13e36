"""Which carrier takes a text."""

from hypothesis import given
from hypothesis import strategies as st

from apps.sms.outbound.routing import Destinations, Health, Later, Nowhere, Over, Serving, route

UP, SLOWED, AWAY, DOWN, PAUSED = Health.UP, Health.SLOWED, Health.AWAY, Health.DOWN, Health.PAUSED
A, B = Serving("a"), Serving("b")
MEMBER = "+491701234567"


def test_a_number_stays_with_its_carrier_while_that_works() -> None:
    assert route("b", MEMBER, "DE", [A, B], {"a": UP, "b": UP}) == Over("b")
    assert route("b", MEMBER, "DE", [A, B], {"a": UP, "b": SLOWED}) == Over("b")


def test_another_one_takes_its_texts_while_it_is_down_as_far_as_it_may() -> None:
    assert route("b", MEMBER, "DE", [A, B], {"a": UP, "b": DOWN}) == Over("a")
    assert route("b", MEMBER, "DE", [A, Serving("b", failover="never")], {"a": UP, "b": DOWN}) == Later(("b",))
    assert route("b", MEMBER, "DE", [A, Serving("b", failover="slowed")], {"a": UP, "b": SLOWED}) == Over("a")
    assert route("b", MEMBER, "DE", [A, B], {"a": UP, "b": PAUSED}) == Later(("b",))
    assert route("b", MEMBER, "DE", [A, B], {"a": UP, "b": AWAY}) == Later(("b",))


def test_a_slowed_carrier_keeps_its_texts_if_the_others_are_no_better() -> None:
    leaving = Serving("b", failover="slowed")
    assert route("b", MEMBER, "DE", [A, leaving], {"a": SLOWED, "b": SLOWED}) == Over("b")


def test_prefix_before_cost_and_cost_before_name() -> None:
    cheap = Serving("a", (Destinations(cost=1.0),))
    close = Serving("b", (Destinations("+49170", cost=9.0),))
    assert route(None, MEMBER, "DE", [cheap, close], {"a": UP, "b": UP}) == Over("b")
    dear = Serving("a", (Destinations(cost=2.0),))
    assert route(None, MEMBER, "DE", [dear, Serving("b", (Destinations(cost=1.0),))], {"a": UP, "b": UP}) == Over("b")
    assert route(None, MEMBER, "DE", [B, A], {"a": UP, "b": UP}) == Over("a")


def test_who_does_not_reach_a_country_is_not_asked() -> None:
    abroad = Serving("a", (Destinations(country="US"),))
    assert route("a", MEMBER, "DE", [abroad, B], {"a": UP, "b": UP}) == Over("b")
    assert isinstance(route("a", MEMBER, "DE", [abroad], {"a": UP}), Nowhere)
    assert isinstance(route("a", MEMBER, None, [abroad], {"a": UP}), Nowhere)


def test_one_whose_health_nobody_knows_is_down() -> None:
    assert route("a", MEMBER, "DE", [A, B], {}) == Later(("a", "b"))


@given(
    st.lists(
        st.builds(
            Serving,
            st.sampled_from("abcd"),
            st.lists(st.builds(Destinations, st.sampled_from(["", "+49", "+1"])), min_size=1).map(tuple),
            st.sampled_from(["never", "down", "slowed"]),
        ),
        unique_by=lambda one: one.name,
    ),
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from(list(Health))),
    st.one_of(st.none(), st.sampled_from("abcd")),
)
def test_nothing_goes_over_a_carrier_that_is_away_or_does_not_serve(
    table: list[Serving], health: dict[str, Health], home: str | None
) -> None:
    serving = {one.name for one in table if any(fit.fit(MEMBER, "DE") for fit in one.serves)}
    match route(home, MEMBER, "DE", table, health):
        case Over(carrier):
            assert carrier in serving and health[carrier] in (UP, SLOWED)
        case Later(carriers):
            assert set(carriers) <= serving
        case Nowhere():
            assert not serving
