from hypothesis import given
from hypothesis import strategies as st

from apps.email.shares import Shares

weights = st.dictionaries(st.sampled_from("abcde"), st.floats(0.25, 20), min_size=1)


@given(weights, st.lists(st.integers(1, 100), min_size=1, max_size=300))
def test_with_everybody_idle_nobody_is_further_from_its_share_than_the_largest_batch(
    weights: dict[str, float], batches: list[int]
) -> None:
    shares = Shares()
    for mta, weight in weights.items():
        shares.join(mta, weight)
    given_to = dict.fromkeys(weights, 0)
    for mails in batches:
        mta = shares.next(weights)
        shares.gave(mta, mails)
        given_to[mta] += mails
    strides = [given_to[mta] / weight for mta, weight in weights.items()]
    assert max(strides) - min(strides) <= max(batches) / min(weights.values()) + 1e-6


@given(weights, st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 100))), st.integers(1, 50))
def test_whoever_was_away_gets_no_more_than_its_share_when_it_is_back(
    weights: dict[str, float], before: list[tuple[str, int]], after: int
) -> None:
    shares = Shares()
    for mta, weight in weights.items():
        shares.join(mta, weight)
    away = sorted(weights)[0]
    shares.leave(away)
    others = sorted(weights)[1:]
    for mta, mails in before:
        if mta in others:
            shares.gave(mta, mails)
    shares.join(away, weights[away])
    if others:
        # Those who were there may be apart themselves: who is ahead of the one that comes back waits for it too.
        passes = [shares.passes[other] for other in others]
        behind = max(passes) - min(passes)
        turns = []
        for _ in range(after):
            turns.append(shares.next(weights))
            shares.gave(turns[-1], 1)
        assert turns.count(away) <= weights[away] * (after / sum(weights.values()) + behind) + 1 + 1e-6


def test_only_the_idle_get_something() -> None:
    shares = Shares()
    shares.join("a", 100.0)
    shares.join("b", 1.0)
    assert [shares.next(["b"]) for _ in range(3)] == ["b"] * 3
    shares.gave("gone", 5)  # its last batch is counted nowhere
    assert shares.passes == {"a": 0.0, "b": 0.0}
