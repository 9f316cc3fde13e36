"""Shares of people: stable, fair, independent of each other; raising one adds people and takes nobody away."""

from hypothesis import given
from hypothesis import strategies as st

from apps.email.rulebook.rollout import admit, place
from apps.email.rulebook.sections import Rollout

PEOPLE = [f"person-{number}@example.org" for number in range(4000)]
SHARES = st.floats(0, 1)


def admitted(rule: str, share: float) -> set[str]:
    return {person for person in PEOPLE if admit(rule, Rollout(share=share), person, person).admitted}


@given(st.text(), st.text(), SHARES, SHARES)
def test_raising_the_share_only_adds_people(rule: str, person: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    if admit(rule, Rollout(share=low), person, "").admitted:
        assert admit(rule, Rollout(share=high), person, "").admitted


@given(st.text(), st.text())
def test_nobody_is_in_a_share_of_none_and_everybody_in_all(rule: str, person: str) -> None:
    assert 0 <= place(rule, person) < 1
    assert not admit(rule, Rollout(share=0), person, "").admitted
    assert admit(rule, Rollout(share=1), person, "").admitted


def test_a_share_is_about_that_many_and_other_people_in_every_rule() -> None:
    first, second = admitted("first", 0.25), admitted("second", 0.25)
    assert abs(len(first) - 1000) < 120
    assert abs(len(first & second) - 250) < 80


def test_places_are_the_same_for_ever() -> None:
    assert round(place("password_reset", "ada@example.org"), 6) == PLACE


def test_the_list_lets_in_people_and_domains_and_for_real() -> None:
    rollout = Rollout(share=0, shadow=True, allow=("ADA@example.org", "p-7", "@team.example"))
    for person, address in (("x", "ada@EXAMPLE.org"), ("p-7", "b@b.example"), ("y", "c@Team.example")):
        found = admit("rule", rollout, person, address)
        assert found.admitted and not found.shadow and found.why == "on the list"
    assert not admit("rule", rollout, "z", "d@other.example").admitted


def test_in_the_shadow() -> None:
    found = admit("rule", Rollout(shadow=True), "z", "d@other.example")
    assert found.admitted and found.shadow and "in the shadow" in found.why


PLACE = 0.122139
