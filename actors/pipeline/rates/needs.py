"""What a pipeline needs to do its work: paths in the tree, and probes. Reads snapshots and asks no actor; any thread.

A path is met while its child runs, in this process or anywhere else in this root's tree.
"""

from collections.abc import Iterable

from supervision import System
from supervision.tree import State
from supervision.verbs import Probe

Need = str | Probe


def missing(system: System, needs: Iterable[Need]) -> dict[str, str]:
    """Why each need that is not met is not, by its name; empty when the work can go on."""
    faults = {_name(need): _fault(system, need) for need in needs}
    return {name: fault for name, fault in faults.items() if fault is not None}


def _name(need: Need) -> str:
    return need if isinstance(need, str) else need.name


def _fault(system: System, need: Need) -> str | None:
    if isinstance(need, str):
        return _path_fault(system, need)
    try:
        return need.check()
    except Exception as error:  # a probe that fails tells that what it looks at is not well
        return f"its probe failed: {error!r}"


def _path_fault(system: System, path: str) -> str | None:
    places = [row for place in system.tree.everywhere(path) if (row := system.tree.get(place)) is not None]
    if not places:
        return "there is no such child in the tree"
    if any(row.state is State.RUNNING for row in places):
        return None
    worst = places[0]
    return f"is {worst.state}" + (f", last: {worst.last_reason}" if worst.last_reason else "")
