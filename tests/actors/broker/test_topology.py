"""Routing against a naive oracle, and what may be declared together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.broker import DEAD_LETTERS, Binding, Exchange, Queue, Topology, TopologyConflict
from actors.broker.topology import BASE, Router, topic_matches

WORD = st.sampled_from(["a", "b", ""])
KEYS = st.lists(WORD, max_size=6).map(".".join)
PATTERNS = st.lists(st.one_of(WORD, st.sampled_from(["*", "#"])), max_size=6).map(".".join)


def oracle(pattern: list[str], words: list[str]) -> bool:
    """AMQP's sentence on topic exchanges, word for word: slow and plain."""
    if not pattern:
        return not words
    first, rest = pattern[0], pattern[1:]
    if first == "#":
        return any(oracle(rest, words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and first in ("*", words[0]) and oracle(rest, words[1:])


def split(text: str) -> list[str]:
    return text.split(".") if text else []


@given(PATTERNS, KEYS)
def test_topics_match_as_the_oracle_says(pattern: str, key: str) -> None:
    assert topic_matches(pattern, key) is oracle(split(pattern), split(key))


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("#", "", True),
        ("*", "", False),
        ("a.#", "a", True),
        ("a.*", "a", False),
        ("#.b", "a.b.b", True),
        ("*.b.#", "a.b.c.d", True),
        ("a", "a.b", False),
    ],
)
def test_topics(pattern: str, key: str, matches: bool) -> None:
    assert topic_matches(pattern, key) is matches


@given(st.lists(PATTERNS, max_size=5), KEYS)
def test_a_queue_gets_a_message_once(patterns: list[str], key: str) -> None:
    bindings = tuple(Binding("e", "q", pattern) for pattern in patterns)
    router = Router(Topology((Exchange("e"),), (Queue("q"),), bindings))
    matched = any(oracle(split(pattern), split(key)) for pattern in patterns)
    assert router.route("e", key) == (("q",) if matched else ())


NAMES = st.sampled_from(["a", "b", "c"])
TOPOLOGIES = st.builds(
    lambda exchanges, queues, bindings: Topology(
        tuple(Exchange(name, kind) for name, kind in exchanges.items()),
        tuple(Queue(name, delivery_limit=limit) for name, limit in queues.items()),
        tuple(Binding(*names) for names in bindings),
    ),
    st.dictionaries(NAMES, st.sampled_from(["direct", "topic"])),
    st.dictionaries(NAMES, st.sampled_from([None, 3])),
    st.sets(st.tuples(NAMES, NAMES, NAMES)),
)


def things(topology: Topology) -> set[object]:
    return {*topology.exchanges, *topology.queues, *topology.bindings}


@given(TOPOLOGIES, TOPOLOGIES)
def test_merging_keeps_everything_or_is_a_conflict(one: Topology, other: Topology) -> None:
    try:
        merged = one.merge(other)
    except TopologyConflict:
        with pytest.raises(TopologyConflict):
            other.merge(one)
    else:
        assert things(merged) == things(one) | things(other)
        assert merged.merge(one) == merged, "declaring again changes nothing"


def test_what_leads_nowhere_is_told() -> None:
    topology = Topology((Exchange("e"),), (Queue("q", "missing"),), (Binding("e", "x"), Binding("y", "q")))
    assert len(topology.loose_ends()) == 3
    assert BASE.loose_ends() == []
    assert BASE.queues[0].name == DEAD_LETTERS


@pytest.mark.parametrize("name", ["", "x" * 256, "é" * 128])
def test_names_are_amqps_short_strings(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 255 bytes"):
        Topology(queues=(Queue(name),))


def test_two_queues_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        Topology(queues=(Queue("q"), Queue("q", delivery_limit=1)))
