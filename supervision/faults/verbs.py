"""The operator's verbs on faults. Both doors show and take the same; any thread.

`add`, `list` and `clear` wait for nothing. `almost_kill` waits for what it takes down, and `orphans` looks twice.
"""

from dataclasses import asdict
from typing import Any

from pydantic import Field

from supervision.faults.almost_kill import almost_kill
from supervision.faults.armed import Entry
from supervision.faults.body import Body
from supervision.faults.orphans import orphans
from supervision.faults.rule import KINDS, FaultRule, Kind
from supervision.system import System
from supervision.tree import Row
from supervision.verbs import NoParams, Params, Site, Verb


class Fault(Params):
    """A rule; which fields a kind takes, and what is missing, is said by field."""

    kind: Kind = "crash"
    pattern: str = Field(description="a path; * within a segment, ** for any number of segments")
    times: int | None = Field(None, description="strikes per path, null: no end; left out: 1, or none for what lasts")
    every: int | None = Field(None, description="at every n-th message of an actor")
    probability: float | None = Field(None, description="the chance of each message")
    seed: int = Field(0, description="of the chances")
    duration_seconds: float | None = Field(None, description="ends by itself after that")
    after: int = Field(0, description="the first messages of an actor that are spared")
    leashed: bool = Field(False, description="only say what would have been struck")
    exception: str | None = Field(None, description="of a crash or failed start: builtin, or dotted and loaded")
    seconds: float | None = Field(None, description="how long it hangs, is slow or paused")
    jitter_seconds: float = Field(0.0, description="up to so much more, by chance")
    bytes: int | None = Field(None, description="leaked per message")
    stubborn: bool = Field(False, description="not even the breaker helps")


class FaultNumber(Params):
    id: int | None = None


class Chance(Params):
    seed: int = 0


def add(site: Site, params: Fault) -> dict[str, Any]:
    fields = params.model_dump()
    if "times" not in params.model_fields_set:
        fields["times"] = None if KINDS[params.kind].lasting else 1
    rule = FaultRule(**fields)
    number = site.system.faults.add(rule)
    return {"id": number, "matches": [row.path for row in site.system.tree.rows() if _matches(site.system, rule, row)]}


def _matches(system: System, rule: FaultRule, row: Row) -> bool:
    if not system.faults.concerns(rule, row.path, row.type):
        return False
    return rule.form.moment != "node" or isinstance(system.registry.running(row.path), Body)


def list_(site: Site, params: NoParams) -> list[dict[str, Any]]:
    return [shown(site.system, entry) for entry in site.system.faults.entries()]


def clear(site: Site, params: FaultNumber) -> dict[str, Any]:
    return {"cleared": site.system.faults.clear(params.id)}


def almost_kill_(site: Site, params: Chance) -> dict[str, Any]:
    return asdict(almost_kill(site.system, params.seed))


def orphans_(site: Site, params: NoParams) -> list[dict[str, Any]]:
    return [asdict(orphan) for orphan in orphans(site.system)]


def shown(system: System, entry: Entry) -> dict[str, Any]:
    """A rule as the operator sees it."""
    fields = asdict(entry.rule)
    del fields["duration_seconds"]
    ends_in = None if entry.ends_at is None else max(0.0, entry.ends_at - system.clock.monotonic())
    return {"id": entry.id, **fields, "ends_in_seconds": ends_in, "struck": entry.struck}


FAULT_VERBS: tuple[Verb, ...] = (
    Verb("fault.add", Fault, add, writes=True, quick=True, doc="Break something on purpose."),
    Verb("fault.list", NoParams, list_, quick=True, doc="The faults in force and what they struck."),
    Verb("fault.clear", FaultNumber, clear, writes=True, quick=True, doc="End one fault, or all."),
    Verb(
        "fault.almost_kill", Chance, almost_kill_, writes=True,
        doc="Take down all that the restart budgets allow, but never the root.",
    ),
    Verb("fault.orphans", NoParams, orphans_, doc="Threads of actors that the tree does not know."),
)  # fmt: skip
