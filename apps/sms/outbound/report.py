"""How things stand with the holder of the lease, for those in other processes: what it writes into `sms_reports`.

A function of its books; the authority's thread.
"""

from collections.abc import Mapping
from typing import Any

from apps.sms.limits import Books, Moment
from apps.sms.outbound.dock import Dock
from apps.sms.outbound.links import Links
from apps.sms.outbound.pressure import Pressure
from apps.sms.outbound.routing import Health

NAME = "outbound"
#: Limits have a line for each key that was charged lately; more than so many are cut.
MOST_LINES = 500


def describe(
    holder: str,
    epoch: int,
    health: Mapping[str, Health],
    links: Links,
    pressure: Mapping[str, Pressure],
    books: Books,
    dock: Dock,
    now: Moment,
) -> dict[str, Any]:
    """As JSON. Times are seconds from now."""
    seconds = now.mono_us / 1_000_000
    blocked = dock.blocked(now)
    carriers = {
        name: {
            "health": state.name.lower(),
            "links": len(links.of(name)),
            "window": links.window(name),
            "in_hand": links.in_hand(name),
            "ready": dock.loaded(name),
            "share": round(pressure[name].share, 3),
            "throttles": pressure[name].throttles,
            "resumes_in": round(max(0.0, pressure[name].resume_at - seconds), 3),
        }
        for name, state in health.items()
    }
    usage = books.usage(now)
    limits = [
        {
            "limit": one.limit,
            "key": list(one.key),
            "used": one.used,
            "amount": one.amount,
            "free_in": round(max(0.0, blocked.get(one.key, 0.0) - seconds), 3),
            "waits": dock.waits.get(one.limit, 0),
        }
        for one in usage[:MOST_LINES]
    ]
    told = {"holder": holder, "epoch": epoch, "carriers": carriers, "limits": limits}
    return told | {"limits_left_out": len(usage) - len(limits)}
