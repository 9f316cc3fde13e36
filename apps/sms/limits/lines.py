"""The lines of a hand-over log as they are written. Pure; any thread.

    {"limits": [...], "holder": "...", "epoch": 7, "began_at_us": ..., "began_mono_us": ...,
     "at_us": ..., "mono_us": ...}
    {"at_us": ..., "mono_us": ..., "epoch": 7, "text": "...", "piece": 1, "segments": 1, "messages": 1,
     "keys": [["carrier", "acme"], ...], "limits": ["acme"]}

`at_us` is the wall's clock (since 1970, UTC), `mono_us` the holder's monotonic one; the moment on both when its life
began ties them together, and makes one clock of all files of that life.
"""

import json
from collections.abc import Iterable
from typing import Any

from apps.sms.limits.charge import Charge, Granted, Moment
from apps.sms.limits.limit import Calendar, Limit


def header(limits: Iterable[Limit], holder: str, epoch: int, began: Moment, now: Moment) -> str:
    """Which limits hold from `now` on."""
    return _line(
        {
            "limits": [_limit(limit) for limit in limits],
            "holder": holder,
            "epoch": epoch,
            "began_at_us": began.wall_us,
            "began_mono_us": began.mono_us,
            "at_us": now.wall_us,
            "mono_us": now.mono_us,
        }
    )


def entry(text: str, piece: int, charge: Charge, granted: Granted, epoch: int, now: Moment) -> str:
    """One hand-over."""
    return _line(
        {
            "at_us": now.wall_us,
            "mono_us": now.mono_us,
            "epoch": epoch,
            "text": text,
            "piece": piece,
            "segments": charge.segments,
            "messages": charge.messages,
            "keys": charge.keys,
            "limits": granted.limits,
        }
    )


def _limit(limit: Limit) -> dict[str, Any]:
    per = limit.per
    window = {"zone": per.zone, "period": per.period} if isinstance(per, Calendar) else {"seconds": per.seconds}
    scope = list(limit.scope.pattern)
    return {"name": limit.name, "scope": scope, "amount": limit.amount, "unit": limit.unit.value, **window}


def _line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"
