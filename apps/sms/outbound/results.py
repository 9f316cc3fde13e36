"""What became of claimed texts, written in one transaction. A function on a connection; it commits nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from actors.database import Connection
from apps.sms.outbound import claims, known
from apps.sms.outbound.claims import Change
from apps.sms.outbound.known import Ended
from apps.sms.outbound.optouts import CarrierOptOut, believe
from apps.sms.outbound.parcel import Result
from apps.sms.outbound.progress import whole
from apps.sms.states import TextState

#: States in which a text has left.
_LEFT = (TextState.HANDED, TextState.IN_DOUBT)


def settle(conn: Connection, results: Sequence[Result], now: datetime) -> Counter[str]:
    """How many texts became what. Each is moved only if it is still claimed."""
    known.lock(conn, {result.text.key for result in results})
    parts = known.record(conn, [part for result in results for part in result.parts], now)
    by_text: dict[str, list[TextState]] = {}
    for part in parts:
        by_text.setdefault(part.text, []).append(part.state)
    left = [result for result in results if result.state in _LEFT]
    ended = [
        Ended(one.text.key, whole(by_text[one.text.key]) if one.text.key in by_text else one.state, one.reason)
        for one in left
    ]
    known.end(conn, ended, now)
    known.refresh(conn, {one.text.key for one in left if one.text.had}, now)
    believe(conn, [_opt_out(one) for one in results if one.opted_out], now)
    changes = [_change(one) for one in results if one.state not in _LEFT]
    claims.change(conn, changes, TextState.CLAIMED, now)
    return Counter(one.state for one in ended) + Counter(one.state for one in changes)


def _opt_out(result: Result) -> CarrierOptOut:
    text = result.text
    return CarrierOptOut(text.leader, text.member, text.key, result.carrier, (result.reason or "").partition(":")[0])


def _change(result: Result) -> Change:
    """Back into the queue, or over."""
    return Change(result.text.id, result.state, result.reason, result.due_at, attempts=-1 if result.uncounted else 0)
