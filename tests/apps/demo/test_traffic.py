"""Signatures become events that the email app's own rules understand."""

import random

from hypothesis import given
from hypothesis import strategies as st

from apps.demo.traffic import Traffic
from apps.demo.world import people
from apps.email.cloudevents import from_json
from apps.email.config import Email
from apps.email.rules import Decided, decide
from apps.email.templates import open_templates

CROWD = list(people(36, 1))


def traffic(seed: int = 0, update_every: int = 5, reset_share: float = 0.05) -> Traffic:
    return Traffic(CROWD, update_every, reset_share, random.Random(seed))


def test_every_event_is_decided_by_the_default_rules() -> None:
    config = Email()
    templates = open_templates(config)
    happenings = traffic(reset_share=0.3).sign(300)
    assert {happening.type for happening in happenings} == {"petition_update", "password_reset"}
    for happening in happenings:
        event = from_json(happening.to_json())
        assert event.id == happening.id
        assert isinstance(decide(event, config, templates), Decided)


@given(st.integers(), st.integers(0, 200), st.integers(1, 20))
def test_updates_reach_only_signers_each_once(seed: int, times: int, every: int) -> None:
    known = {person.address for person in CROWD}
    for happening in traffic(seed, every, 0).sign(times):
        to = happening.data["to"]
        assert known.issuperset(to)
        assert len(to) == len(set(to)) == (1 if happening.data["signatures"] == 1 else every)


@given(st.integers(), st.lists(st.integers(0, 30), max_size=10))
def test_counts_add_up(seed: int, turns: list[int]) -> None:
    site = traffic(seed, update_every=1)
    for times in turns:
        site.sign(times)
    assert site.signatures == sum(turns)


def test_the_first_signer_hears_at_once_without_news() -> None:
    first = traffic(reset_share=0).sign(1)
    assert [happening.data["signatures"] for happening in first] == [1]
    assert "news" not in first[0].data


def test_ids_are_new_in_every_life_of_the_same_world() -> None:
    one, other = (traffic(seed=4).sign(100) for _ in range(2))
    assert [happening.type for happening in one] == [happening.type for happening in other]
    assert {happening.id for happening in one}.isdisjoint(happening.id for happening in other)


def test_nobody_or_everybody_forgets_the_password() -> None:
    assert all(happening.type == "petition_update" for happening in traffic(reset_share=0).sign(50))
    resets = [happening for happening in traffic(reset_share=1).sign(50) if happening.type == "password_reset"]
    assert len(resets) == 50
