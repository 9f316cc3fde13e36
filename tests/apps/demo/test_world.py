"""Whoever lives there has a mailbox that cannot exist, a language and a clock that can."""

from hypothesis import given
from hypothesis import strategies as st

from apps.demo.world import PETITIONS, PLACES, people, petitions_for
from apps.people import address, place

RESERVED = (".example", ".example.org", ".example.com", ".example.net")


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_every_address_is_valid_and_under_a_reserved_domain(seed: int, count: int) -> None:
    for person in people(count, seed):
        assert address.parse(person.address).text == person.address
        assert ("." + person.address.rpartition("@")[2]).endswith(RESERVED)


def test_every_link_leads_to_a_reserved_domain() -> None:
    assert all(petition.link.startswith("https://petitions.example/p/") for petition in PETITIONS)


def test_one_round_covers_every_place_with_a_full_profile() -> None:
    crowd = list(people(len(PLACES), 1))
    assert [person.locale for person in crowd] == [there.locale for there in PLACES]
    for person in crowd:
        assert place.locale(person.locale) == person.locale
        assert place.time_zone(person.time_zone) == person.time_zone
        assert person.name.strip()


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert list(people(40, 7)) == list(people(40, 7))
    assert {person.id for person in people(40, 7)}.isdisjoint(person.id for person in people(40, 8))


def test_nobody_shares_a_mailbox_and_a_few_want_no_news() -> None:
    crowd = list(people(1000, 3))
    assert len({address.parse(person.address).key for person in crowd}) == 1000
    assert 10 < sum(not person.wants_updates for person in crowd) < 150


def test_everybody_finds_a_petition_they_can_read() -> None:
    by_language = {person.language: petitions_for(person) for person in people(len(PLACES), 1)}
    assert all(len(found) >= 2 for found in by_language.values())
    assert {petition.language for petition in by_language["ja"]} == {"ja", "en"}
    assert {petition.slug for found in by_language.values() for petition in found} == {p.slug for p in PETITIONS}
