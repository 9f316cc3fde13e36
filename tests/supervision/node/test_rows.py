"""What changes in a tree, as told to a root. Values only."""

import pickle
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from supervision.events import ChildExited
from supervision.node.rows import Told, travelling
from supervision.reasons import Crashed, Foreign
from supervision.tree import Row, State

PATHS = [f"/n/{letter}" for letter in "abcd"]


@dataclass
class Live:
    handled: int
    busy_since: float | None = None
    suspended: bool = False

    def depth(self) -> tuple[int, int]:
        return 0, self.handled


def row(path: str, incarnation: int, handled: int) -> Row:
    return Row(path, path[-1], "worker", State.RUNNING, incarnation=incarnation, live=Live(handled))


trees = st.dictionaries(st.sampled_from(PATHS), st.tuples(st.integers(0, 2), st.integers(0, 2)))


@given(st.lists(trees, max_size=6))
def test_whoever_takes_in_all_news_knows_the_tree(states: list[dict[str, tuple[int, int]]]) -> None:
    told, rows, samples = Told(), {}, {}
    for state in states:
        news = told.news([row(path, *values) for path, values in state.items()])
        if news is not None:
            rows |= {one.path: one for one in news.changed}
            samples |= news.samples
            for path in news.gone:
                del rows[path], samples[path]
        assert {path: one.incarnation for path, one in rows.items()} == {p: values[0] for p, values in state.items()}
        assert {path: one.handled for path, one in samples.items()} == {p: values[1] for p, values in state.items()}


def test_no_news_is_none() -> None:
    told = Told()
    assert told.news([row("/n/a", 1, 1)]) is not None
    assert told.news([row("/n/a", 1, 1)]) is None


class Untravelled(Exception):
    def __init__(self, one: str, two: str) -> None:  # pickle would call it with its text alone
        super().__init__(f"{one} and {two}")


def test_an_event_travels_whatever_exception_it_holds() -> None:
    reason = Crashed.of(Untravelled("this", "that"), injected=True)
    event = ChildExited(path="/n/a", incarnation=1, reason=reason, restart_in=None, budget_left=0)
    there = pickle.loads(pickle.dumps(travelling(event)))
    assert isinstance(there.reason.error, Foreign)
    assert str(there.reason) == str(reason) == "Untravelled: this and that"
    assert (there.reason.injected, there.reason.stack) == (True, reason.stack)
