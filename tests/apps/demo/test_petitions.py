"""The site lets time pass only as fast as the broker takes what happens in it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from actors.broker import Confirmed, Message, NotConfirmed, Unavailable, Unroutable
from apps.demo.petitions import ANSWER_SECONDS, EXCHANGE, supervisor
from supervision import DeadLetter
from supervision.config import check
from tests.apps.demo.conftest import World

DOWN = Unavailable("the broker", "/broker/publisher", "gone for the test")


def test_each_second_brings_one_list_of_durable_events(world: World) -> None:
    world.start()
    for second in (1, 2, 3):
        world.pass_second()
        asked = world.published()
        assert asked.ref == second
        assert {(message.exchange, message.persistent) for message in asked.messages} == {(EXCHANGE, True)}
        world.answer(Confirmed(len(asked.messages), asked.ref))
    assert world.site.published == sum(len(asked.messages) for asked in world.asked.seen)
    assert world.site.signatures > 0


def test_until_the_list_is_confirmed_nothing_more_is_published(world: World) -> None:
    world.start()
    world.pass_second()
    first = world.published()
    signatures = world.site.signatures
    world.pass_second()
    world.pass_second()
    assert world.asked.nothing_more()
    assert world.site.signatures == signatures
    assert world.site.held_back["unconfirmed"] == 2
    world.answer(Confirmed(1, first.ref))
    world.pass_second()
    assert world.published().ref == first.ref + 1


def test_a_list_that_was_refused_is_published_again_unchanged(world: World) -> None:
    world.start()
    world.pass_second()
    first = world.published()
    world.answer(NotConfirmed(DOWN, first.ref))
    world.pass_second()
    assert world.published() == first
    assert world.site.held_back["unavailable"] == 1
    assert world.site.published == 0


def test_a_list_without_answer_is_published_again_and_counted_once(world: World) -> None:
    world.start()
    world.pass_second()
    first = world.published()
    for _ in range(int(ANSWER_SECONDS)):
        world.pass_second()
    assert world.published() == first
    world.answer(Confirmed(len(first.messages), first.ref))
    world.answer(Confirmed(len(first.messages), first.ref))
    assert world.site.published == len(first.messages)


def test_without_a_publisher_the_world_waits_for_it(world: World) -> None:
    world.start()
    world.stop_publisher()
    world.pass_second()
    world.pass_second()
    assert world.site.held_back["unavailable"] == 2
    assert world.site.published == 0


def test_a_deep_queue_stops_time(world: World) -> None:
    world.start()
    world.depth = 11
    world.pass_second()
    assert world.asked.nothing_more()
    assert world.site.held_back["backlog"] == 1
    world.depth = 10
    world.pass_second()
    assert world.published().messages


def test_events_that_nobody_listens_to_are_not_told_again(world: World) -> None:
    world.start()
    world.pass_second()
    first = world.published()
    world.answer(NotConfirmed(Unroutable([Message(b"", "petition_update", EXCHANGE)]), first.ref))
    letter = world.app.events.expect(DeadLetter, lambda letter: "not published" in letter.reason)
    assert "reach no queue" in letter.reason
    world.pass_second()
    assert world.published().ref == first.ref + 1


def test_an_answer_to_an_older_list_changes_nothing(world: World) -> None:
    world.start()
    world.pass_second()
    first = world.published()
    world.answer(Confirmed(len(first.messages), first.ref - 1))
    world.answer(NotConfirmed(DOWN, first.ref - 1))
    world.pass_second()
    assert world.asked.nothing_more()
    assert world.site.published == 0


@given(st.booleans())
def test_the_switch_in_the_configuration(enabled: bool) -> None:
    settings = check({"apps": ["actors.broker", "apps.demo"], "demo": {"enabled": enabled}}, Path("home"))
    _, children = supervisor(settings).args
    assert [child.id for child in children] == (["petitions"] if enabled else [])
