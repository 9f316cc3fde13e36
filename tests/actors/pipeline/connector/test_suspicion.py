"""Which message is to blame when a stage dies."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from actors.broker.message import Delivery, Message, Tag
from actors.pipeline.connector.suspicion import DEATHS, Record, Treatment, identity, is_known, treatment

DELIVERY = Delivery(Tag(1, 1), Message(b"x", "work", message_id="a"), "work", False, 0)


def test_a_message_without_a_record_is_handled_with_the_others() -> None:
    assert treatment(0, Record()) is Treatment.COMPANY
    assert treatment(DEATHS - 1, Record()) is Treatment.COMPANY


def test_after_a_first_death_it_is_handled_alone() -> None:
    assert treatment(1, Record(deaths=1)) is Treatment.ALONE


def test_a_neighbour_is_never_put_aside_for_deaths_it_was_merely_present_at() -> None:
    assert treatment(50, Record(deaths=50, alone=0)) is Treatment.ALONE


def test_three_deaths_one_of_them_alone_put_it_aside() -> None:
    assert treatment(2, Record(deaths=2, alone=1)) is Treatment.ALONE
    assert treatment(3, Record(deaths=3, alone=2)) is Treatment.QUARANTINE


def test_what_killed_the_whole_process_is_known_by_the_brokers_count() -> None:
    assert treatment(DEATHS, Record()) is Treatment.ALONE
    assert treatment(DEATHS + 1, Record(deaths=1, alone=1)) is Treatment.QUARANTINE


@given(st.integers(1, 10), st.integers(0, 10))
def test_a_killer_is_put_aside_after_at_most_one_death_more_than_the_limit(limit: int, returns: int) -> None:
    """Whatever else sent it back before; and nothing is put aside before it has killed alone."""
    record, count = Record(), returns
    deaths = 0
    while (found := treatment(count, record, limit)) is not Treatment.QUARANTINE:
        alone = found is Treatment.ALONE
        record = Record(record.deaths + 1, record.alone + alone)
        count += 1
        deaths += 1
    assert record.alone >= 1
    assert deaths <= max(limit, 2)


def test_identity_is_the_same_for_copies_and_another_for_any_other_message() -> None:
    again = replace(DELIVERY, tag=Tag(2, 7), redelivered=True, delivery_count=3)
    assert identity(again) == identity(DELIVERY)
    others = [
        replace(DELIVERY, queue="other"),
        replace(DELIVERY, message=replace(DELIVERY.message, body=b"y")),
        replace(DELIVERY, message=replace(DELIVERY.message, message_id="b")),
        replace(DELIVERY, message=replace(DELIVERY.message, routing_key="w")),
    ]
    assert len({identity(one) for one in (DELIVERY, *others)}) == 5


def test_only_what_was_handed_out_before_can_have_a_record() -> None:
    assert not is_known(DELIVERY)
    assert is_known(replace(DELIVERY, redelivered=True))
    assert is_known(replace(DELIVERY, delivery_count=1))
