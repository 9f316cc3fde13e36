"""When a lease is free: by rule, for any clocks."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from actors.lease.watch import SECOND_US, Row, Watch

TERM = 10 * SECOND_US


def row(until: int, epoch: int = 1) -> Row:
    return Row("somebody", epoch, until, TERM)


def test_what_was_released_is_free() -> None:
    assert Watch().is_free(row(0), 50, 0)


def test_what_has_expired_by_the_databases_clock_is_free() -> None:
    watch = Watch()
    assert not watch.is_free(row(until=100), 99, 0)
    assert watch.is_free(row(until=100), 100, 1)


def test_a_clock_that_was_set_ahead_while_we_watched_is_not_believed_about_this_grant() -> None:
    watch, hour = Watch(), 3600 * SECOND_US
    assert not watch.is_free(row(until=TERM), 0, 0)
    assert not watch.is_free(row(until=TERM), hour, SECOND_US)
    assert not watch.is_free(row(until=TERM), hour + 8 * SECOND_US, 9 * SECOND_US)
    assert watch.is_free(row(until=TERM), hour + 9 * SECOND_US, 10 * SECOND_US)
    watch = Watch()
    watch.is_free(row(until=TERM), 0, 0)
    watch.is_free(row(until=TERM), hour, SECOND_US)
    assert watch.is_free(row(until=hour, epoch=2), hour + SECOND_US, 2 * SECOND_US), "of another grant it is"


def test_a_clock_that_was_set_back_delays_it_by_a_term_of_our_own() -> None:
    watch, far = Watch(), 10**15
    assert not watch.is_free(row(until=far), 5, 0)
    assert not watch.is_free(row(until=far), 6, TERM - 1)
    assert watch.is_free(row(until=far), 7, TERM)


def test_a_lease_that_is_renewed_is_never_free() -> None:
    watch = Watch()
    for third in range(20):
        at = third * TERM // 3
        assert not watch.is_free(row(until=at + TERM), at, at)


@dataclass
class Node:
    """One contender by the rules of the holder: it counts from before it asked, and stops a margin earlier."""

    offset: int
    watch: Watch = field(default_factory=Watch)
    epoch: int = 0
    deadline: int = -1


MARGIN = SECOND_US
actions = st.tuples(st.sampled_from(["look", "look", "renew", "die", "release", "jump", "back"]), st.integers(0, 2))
pauses = st.integers(0, 6 * SECOND_US)


@given(st.lists(st.tuples(actions, pauses, st.integers(0, 3 * SECOND_US)), max_size=60))
def test_two_never_hold_it_at_once(script) -> None:
    """Any order of looks, renewals, deaths and answers that are slow; the clock is only set when all watch."""
    nodes = [Node(offset) for offset in (0, 777, 10**9)]
    now, skew = 0, 0
    kept = row(until=0, epoch=0)
    for (what, who), pause, delay in script:
        now += pause
        node = nodes[who]
        mono = now + node.offset
        asked, now = mono, now + delay  # the database does its part after `delay`
        database = now + skew
        if what == "look" and node.deadline <= mono and node.watch.is_free(kept, database, asked):
            kept = row(until=database + TERM, epoch=kept.epoch + 1)
            node.epoch, node.deadline = kept.epoch, asked + TERM - MARGIN
        elif what == "renew" and node.epoch == kept.epoch and node.deadline > mono + delay:
            kept = row(until=database + TERM, epoch=kept.epoch)
            node.deadline = asked + TERM - MARGIN
        elif what == "release" and node.deadline > mono:
            node.deadline = -1
            kept = row(until=0, epoch=kept.epoch)
        elif what == "die":
            nodes[who] = Node(node.offset)
        elif what == "back":
            skew -= 100 * SECOND_US
        holding = [one for one in nodes if one.deadline > now + one.offset]
        assert len(holding) <= 1
