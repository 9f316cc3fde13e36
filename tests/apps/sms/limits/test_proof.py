"""What the books grant, the verifier proves: two programs that share nothing but the log between them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.sms.limits import lines
from apps.sms.limits.charge import Charge, Decision, Granted
from apps.sms.limits.limit import Limit
from apps.sms.limits.verifier import verify
from tests.apps.sms.limits.test_books import TREE, play, steps, trees
from tests.apps.sms.limits.world import World


class Logged(World):
    """Each life has its log."""

    def __init__(self, limits: list[Limit]) -> None:
        self.logs: list[list[str]] = []
        super().__init__(limits)

    def take_over(self, lag: int = 0) -> None:
        super().take_over(lag)
        epoch = len(self.logs) + 1
        self.logs.append([lines.header(self.limits, "somebody", epoch, self.now, self.now)])

    def decide(self, charge: Charge) -> Decision:
        decision = super().decide(charge)
        if isinstance(decision, Granted):
            self.logs[-1].append(lines.entry("t", 1, charge, decision, len(self.logs), self.now))
        return decision


def proven(script: list[tuple[str, Any]], tree: list[Limit]) -> None:
    world = Logged(tree)
    play(world, script)
    verdict = verify({str(number): log for number, log in enumerate(world.logs)})
    assert verdict.handovers == len(world.handed)
    assert verdict.proven, verdict


@settings(max_examples=200)
@given(st.lists(steps, max_size=40), trees)
def test_any_tree(script: list[tuple[str, Any]], tree: list[Limit]) -> None:
    proven(script, tree)


@given(st.lists(steps, max_size=60))
def test_the_usual_tree(script: list[tuple[str, Any]]) -> None:
    proven(script, TREE)
