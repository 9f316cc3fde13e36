"""Faults on purpose: rules by path pattern that strike in the actors' own threads, so a drill breaks what life breaks.

Off unless enabled. `rule` says what can break and where, `armed` counts when it strikes, `rules` keeps what is in
force: values without threads. `strike` carries a strike out in the actor's thread and gives it back when the rule ends.
`almost_kill` takes down everything but the root; `orphans` finds who lives outside the tree.

Each strike is an event, and an end that it caused has a reason of category `injected`, so logs and metrics never
mistake a drill for an outage. Not guaranteed: messages that an actor takes in a batch (`take_queued`) pass unstruck.
"""

from supervision.faults.armed import Armed, Entry, Ruling
from supervision.faults.errors import Dropped, FaultsDisabled, InjectedFault, UnknownFault
from supervision.faults.pattern import compiled
from supervision.faults.rule import KINDS, FaultRule, Kind
from supervision.faults.rules import Faults

__all__ = [
    "KINDS", "Armed", "Dropped", "Entry", "FaultRule", "Faults", "FaultsDisabled", "InjectedFault", "Kind", "Ruling",
    "UnknownFault", "compiled",
]  # fmt: skip
