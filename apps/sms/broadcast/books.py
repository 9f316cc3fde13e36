"""The books of a broadcast: what became of everybody it was meant for. Over a connection; any thread.

targeted = delivered + handed + rejected + failed + suppressed + skipped + cancelled + in doubt + pending, at every
instant: all of them are counted from the rows, in one transaction that sees one moment.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, bindparam, func, literal, select, union_all

from actors.database import Connection
from apps.sms.states import BroadcastState, TextState
from apps.sms.tables import broadcasts, targets, texts

#: Into which account a text is booked. `handed`: the carrier has it, and no final receipt came yet.
ACCOUNTS: Mapping[TextState, str] = {
    TextState.QUEUED: "pending",
    TextState.HELD: "pending",
    TextState.CLAIMED: "pending",
    TextState.HANDED: "handed",
    TextState.DELIVERED: "delivered",
    TextState.UNDELIVERED: "rejected",
    TextState.EXPIRED: "rejected",
    TextState.REJECTED: "rejected",
    TextState.FAILED: "failed",
    TextState.REVOKED: "suppressed",
    TextState.SUPPRESSED: "suppressed",
    TextState.CANCELLED: "cancelled",
    TextState.IN_DOUBT: "in_doubt",
}
NAMES = (*dict.fromkeys(ACCOUNTS.values()), "skipped")


@dataclass(frozen=True, slots=True)
class Books:
    """`reasons`: of what was not handed over, by account and reason."""

    targeted: int
    accounts: Mapping[str, int]
    reasons: Mapping[str, Mapping[str, int]]

    @property
    def pending(self) -> int:
        return self.accounts["pending"]

    @property
    def balanced(self) -> bool:
        return self.targeted == sum(self.accounts.values())

    def to_json(self) -> dict[str, Any]:
        return {"targeted": self.targeted, **self.accounts, "balanced": self.balanced, "reasons": self.reasons}

    def __str__(self) -> str:
        return f"{self.targeted} targeted, {dict(self.accounts)}"


def read(conn: Connection, id: int) -> Books:
    """Of one broadcast, in one statement. Until its audience is frozen the number of its targets grows."""
    accounts: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    targeted, unwritten = 0, "pending"
    for kind, state, reason, count in conn.execute(_READ, {"broadcast": id}):
        match kind:
            case "broadcast":
                targeted = count
                unwritten = "cancelled" if state == BroadcastState.CANCELLED else "pending"
                continue
            case "text":
                account = ACCOUNTS[TextState(state)]
            case _:
                account = unwritten if state == "pending" else "skipped"
        accounts[account] += count
        if reason:
            reasons.setdefault(account, Counter())[reason] += count
    return Books(targeted, {name: accounts[name] for name in NAMES}, reasons)


def _grouped(kind: str, table: Table) -> Select[Any]:
    counted = select(literal(kind).label("kind"), table.c.state, table.c.reason, func.count().label("count"))
    return counted.where(table.c.broadcast == bindparam("broadcast")).group_by(table.c.state, table.c.reason)


#: The row itself comes first: it says how the rest is read.
_READ = union_all(
    select(literal("broadcast").label("kind"), broadcasts.c.state, literal(None), broadcasts.c.targeted).where(
        broadcasts.c.id == bindparam("broadcast")
    ),
    _grouped("text", texts),
    _grouped("target", targets).where(targets.c.state != "written"),
).order_by("kind")
