"""A broadcast tried on its real audience before anything is written: who, how many segments, what price, until when.

Functions over a connection that only reads; any thread. Members are read in pages, so memory does not grow with them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from actors.database import Connection
from apps.sms.broadcast.broadcasts import Order, check_times
from apps.sms.broadcast.condition import condition
from apps.sms.broadcast.errors import BadTemplate, LacksVariable
from apps.sms.broadcast.forecast import Forecast, Hours, Load, forecast
from apps.sms.broadcast.preview import Preview
from apps.sms.broadcast.segment import Segment
from apps.sms.broadcast.wording import Reader, Wording
from apps.sms.config import Sms
from apps.sms.hub.leaders import row_of
from apps.sms.limits import Key
from apps.sms.outbound.config import Carrier
from apps.sms.outbound.routing import Health, Over, route
from apps.sms.states import TextState
from apps.sms.tables import members, numbers, texts

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """`members`: how many are in the segment now."""

    members: int
    preview: Preview
    forecast: Forecast

    def to_json(self) -> dict[str, Any]:
        return {
            "members": self.members,
            **self.preview.to_json(),
            "finish_at": self.forecast.finish_at.isoformat(),
            "limit": self.forecast.limit,
        }


def count(conn: Connection, leader: str, segment: Segment, now: datetime) -> int:
    """Members in a segment now."""
    asked = condition(segment, leader, now, conn.dialect.name)
    return int(conn.execute(select(func.count()).select_from(members).where(asked)).scalar_one())


def estimate(conn: Connection, wanted: Order, config: Sms, now: datetime) -> Estimate:
    """Raises BadTemplate, UnknownLeader, BroadcastError."""
    check_times(wanted)
    leader = row_of(conn, wanted.leader).name
    wording, carriers = Wording(wanted.template), {one.name: one for one in config.carriers}
    preview, loads = Preview(), _backlog(conn)
    for row in _audience(conn, wanted, now):
        carrier, price = _over(row, config.carriers)
        preview.policy = carriers[carrier].policy if carrier in carriers else preview.policy
        values = Reader(row.number, row.name, row.place, row.country, row.locale, row.answers).values(leader)
        try:
            segments = preview.add(wording.fill(values), values, price)
        except (LacksVariable, BadTemplate) as error:
            preview.skip(str(error))
            continue
        for key in _keys(carrier, row):
            loads[key] = Load(loads[key].segments + segments, loads[key].messages + 1)
    quiet = config.outbound.hours
    hours = Hours(quiet.start, quiet.end, quiet.zone) if quiet is not None else None
    limits = [section.limit for section in config.limits]
    begin = max(now, wanted.start_at)
    foretold = forecast(loads, limits, begin, wanted.spread_seconds, hours)
    return Estimate(preview.texts + preview.skipped.total(), preview, foretold)


def _audience(conn: Connection, wanted: Order, now: datetime) -> Iterator[Row[Any]]:
    asked = condition(wanted.segment, wanted.leader, now, conn.dialect.name)
    known = ("number", "name", "place", "country", "locale", "answers", "our_number")
    columns = [*(members.c[name] for name in known), numbers.c.carrier, numbers.c.campaign, numbers.c.brand]
    joined = members.outerjoin(numbers, numbers.c.number == members.c.our_number)
    last = ""
    while True:
        after = select(*columns).select_from(joined).where(asked, members.c.number > last)
        page = conn.execute(after.order_by(members.c.number).limit(PAGE)).all()
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1].number


def _over(row: Row[Any], carriers: Sequence[Carrier]) -> tuple[str, float]:
    """Which carrier it would be if all are well, and what a segment costs there."""
    health = {one.name: Health.UP for one in carriers}
    chosen = route(row.carrier, row.number, row.country, [one.serving for one in carriers], health)
    if not isinstance(chosen, Over):
        return row.carrier or "", 0.0
    serves = next(one.serving.serves for one in carriers if one.name == chosen.carrier)
    fits = [one for one in serves if one.fit(row.number, row.country)]
    return chosen.carrier, max(fits, key=lambda fit: (len(fit.prefix), fit.country is not None)).cost


def _keys(carrier: str, row: Row[Any]) -> Iterator[Key]:
    yield ("carrier", carrier)
    if row.brand is not None:
        yield ("brand", carrier, row.brand)
    if row.campaign is not None:
        yield ("campaign", row.campaign)
    yield ("number", row.our_number)


def _backlog(conn: Connection) -> dict[Key, Load]:
    """What is queued already goes first. How many segments it has is not known before it leaves: one for each text."""
    columns = texts.c.our_number, numbers.c.carrier, numbers.c.campaign, numbers.c.brand
    joined = texts.outerjoin(numbers, numbers.c.number == texts.c.our_number)
    queued = select(*columns, func.count().label("waiting")).select_from(joined)
    found: dict[Key, Load] = defaultdict(lambda: Load(0, 0))
    for row in conn.execute(queued.where(texts.c.state == TextState.QUEUED.value).group_by(*columns)):
        for key in _keys(row.carrier or "", row):
            found[key] = Load(found[key].segments + row.waiting, found[key].messages + row.waiting)
    return found
