"""How long it takes from a STOP to silence while much waits in both directions.

`--size` texts (50,000) to the members of one leader wait to be sent under the limit of the carrier, and twice as many
from strangers to the same leader wait in the queue of its number, when a root starts. Then `STOPS` of the members text
STOP, one every `EVERY_SECONDS`, by signed webhooks. Silence begins when the last text but the confirmation has reached
the phone, or when the database says that the member left, whichever is later: after that nothing can leave. It counts
from the answer 200. The run fails unless each member got one confirmation, all that waited for them was revoked, the
others' texts still wait or left, and nothing but STOPs was taken back.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import create_engine

from actors.broker.specs import engine_of
from actors.carrier.party import party
from actors.carrier.port import Inbound
from actors.carrier.simulated import phones
from apps.sms.arrivals import message_of
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.states import Lane
from benchmarks.draining import BUCKETS, Points
from benchmarks.inbound import stored, without_queues
from benchmarks.mail_site import Root, mail_site
from benchmarks.outcome import Options, Outcome
from benchmarks.side_by_side import percentile
from benchmarks.texts_site import Door, TextsSite
from benchmarks.webhook_load import our_number, phone
from supervision.clock import SystemClock
from supervision.config import check

TEXTS, STOPS, OF_A_MEMBER, EVERY_SECONDS = 50_000, 100, 250, 0.25
#: A smaller run has fewer of them.
OF_A_STOP = 500
LEADER, OURS = "loud", our_number(0)
LIST, LOOK_SECONDS, PATIENCE_SECONDS = 2_000, 0.01, 120.0
_LEFT = "SELECT left_at IS NOT NULL FROM sms_members WHERE leader = %s AND number = %s AND state = 'left'"
_OTHERS = "SELECT count(*) FROM sms_texts WHERE state = 'revoked' AND NOT member = ANY(%s)"
_LEFTOVER = (
    "SELECT count(*) FROM sms_texts WHERE direction = 'out' AND member = ANY(%s) AND state IN ('queued', 'claimed')"
)
_CONFIRMED = (
    "SELECT count(*), count(DISTINCT member) FROM sms_texts WHERE key LIKE 'stopped:%%' AND state IN"
    " ('handed', 'delivered')"
)


def wait_out(site: TextsSite, count: int) -> list[str]:
    """Texts to members, each conversation's next one behind the last; the members."""
    members = [phone(number) for number in range(max(2 * STOPS, count // OF_A_MEMBER))]
    now = datetime.now(UTC)
    engine = create_engine(site.postgres)
    try:
        for start in range(0, count, LIST):
            some = [_text(place, members) for place in range(start, min(start + LIST, count))]
            with engine.begin() as connection:
                queue(connection, some, now)
    finally:
        engine.dispose()
    return members


def _text(place: int, members: list[str]) -> Outgoing:
    body = f"News {place // len(members)}: the birds are back."
    return Outgoing(f"bench:{place}", LEADER, members[place % len(members)], OURS, Lane.BROADCAST, body)


def wait_in(site: TextsSite, count: int) -> None:
    """Texts of strangers, confirmed by the broker when it returns."""
    clock = SystemClock()
    channel = engine_of(check({"broker": {"url": site.amqp}}, site.home)).publish_channel(clock)
    channel.open()
    try:
        for start in range(0, count, LIST):
            places = range(start, min(start + LIST, count))
            channel.publish([message_of(_stranger(place), time.time(), BUCKETS) for place in places])
    finally:
        channel.close()
        clock.close()


def _stranger(place: int) -> Inbound:
    source = party(f"+1646{2_000_000 + place % 20_000}")
    return Inbound("tw", f"bench-{place}", source, party(OURS), "When is the next walk?", None)


class Silence:
    """One STOP after the other; `seconds` until silence, each with when it was said."""

    def __init__(self, site: TextsSite) -> None:
        self.site = site
        self.said: Points = []

    def measure(self, members: list[str]) -> None:
        """Raises SystemExit when a member was not silenced in time."""
        door = Door(self.site.port)
        for member in members:
            due = time.monotonic() + EVERY_SECONDS
            accepted = door.accepted[door.text(member, OURS, "STOP")]
            self.said.append((accepted, self._gone(member) - accepted))
            time.sleep(max(0.0, due - time.monotonic()))
        door.close()

    def _gone(self, member: str) -> float:
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.site.connect() as sql:
            while sql.execute(_LEFT, (LEADER, member)).fetchone() is None:
                if time.monotonic() > deadline:
                    raise SystemExit(f"a member who texted STOP is not gone after {PATIENCE_SECONDS:g} s")
                time.sleep(LOOK_SECONDS)
        return time.time()

    def silences(self, members: list[str]) -> Iterator[tuple[float, float]]:
        """(when it was said, seconds until nothing came any more). Raises SystemExit for a second confirmation."""
        for member, (accepted, gone) in zip(members, self.said, strict=True):
            got = phones.segments(self.site.network, member)
            confirmed = [one for one in got if one.key.startswith("stopped:")]
            if len(confirmed) != 1:
                raise SystemExit(f"{len(confirmed)} confirmations reached a member who left")
            last = max((one.at for one in got if not one.key.startswith("stopped:")), default=accepted)
            yield accepted, max(gone, last - accepted)


# --- together ---------------------------------------------------------------------------------------------------------


def run(options: Options) -> Outcome:
    count = options.size or TEXTS
    with mail_site() as plain:
        site = TextsSite(**vars(plain), of_a_number=200)
        without_queues(site)
        try:
            with site.root():
                site.lead(LEADER, OURS)
            members = wait_out(site, count)
            wait_in(site, 2 * count)
            with site.root() as root:
                return _measure(site, root, members, min(STOPS, max(2, count // OF_A_STOP)))
        finally:
            without_queues(site)


def _measure(site: TextsSite, root: Root, members: list[str], stops: int) -> Outcome:
    _sending(site)
    before = _waiting(site)
    leaving = members[:stops]
    silence = Silence(site)
    silence.measure(leaving)
    after = _waiting(site)
    _check(site, leaving)
    points = sorted(silence.silences(leaving))
    seconds = [one for _, one in points]
    results = {f"silence_p{share}_ms": 1000.0 * percentile(seconds, share) for share in (50, 99)}
    results |= {"silence_max_ms": 1000.0 * max(seconds), "stops": float(len(points))}
    results |= {"waiting_out_at_start": before[0], "waiting_in_at_start": before[1]}
    results |= {"waiting_out_at_end": after[0], "waiting_in_at_end": after[1]}
    begun = points[0][0]
    return Outcome(results, {}, {"STOP to silence (ms)": [(at - begun, 1000.0 * one) for at, one in points]})


def _sending(site: TextsSite) -> None:
    """Wait until texts leave."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not phones.numbers(site.network):
        if time.monotonic() > deadline:
            raise SystemExit("nothing leaves")
        time.sleep(10 * LOOK_SECONDS)


def _waiting(site: TextsSite) -> tuple[float, float]:
    """Texts out, and texts in, in queues and database."""
    with site.connect() as sql:
        query = "SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'received')"
        out, rows = sql.execute(f"{query} FROM sms_texts WHERE state IN ('queued', 'received')").fetchone() or (0, 0)
    return float(str(out)), float(str(rows)) + stored(site)


def _check(site: TextsSite, leaving: list[str]) -> None:
    """Wait for the confirmations. Raises SystemExit when something is not as it must be."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with site.connect() as sql:
        while sql.execute(_CONFIRMED).fetchone() != (len(leaving), len(leaving)):
            if time.monotonic() > deadline:
                raise SystemExit(f"confirmations, members: {sql.execute(_CONFIRMED).fetchone()} of {len(leaving)}")
            time.sleep(10 * LOOK_SECONDS)
        if sql.execute(_LEFTOVER, (leaving,)).fetchone() != (0,):
            raise SystemExit("texts to members who left still wait")
        if sql.execute(_OTHERS, (leaving,)).fetchone() != (0,):
            raise SystemExit("texts to members who stayed were taken back")
