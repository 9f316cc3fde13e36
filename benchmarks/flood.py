"""One leader is flooded with texts while members of two others text once a second and are answered.

`--size` texts (400,000) of `MEMBERS` members to one number come as signed webhooks, as fast as they are accepted, and
are worked on at the same time: whoever texts for the first time signs up and gets a welcome, under the limits of the
carrier. Meanwhile somebody texts a keyword to each of two other leaders every second, the carrier bringing every such
text twice. Latency counts from the answer 200 to the moment at which the keyword's answer reached the phone: of
`neighbour`, whose number shares its queue with the flooded one, and of `other`, whose number does not. `alone_...` is
the same before the flood, for `--seconds` (15). Generator, root, RabbitMQ and PostgreSQL share the machine that is
measured.

The run fails unless every text is a row once, every conversation of the flood is in order, each keyword was answered
once, and the carrier's own watcher saw no limit exceeded.
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pika

from actors.carrier.simulated import watcher
from apps.sms.queues import bucket_of
from benchmarks.draining import BUCKETS, Points, check_order
from benchmarks.inbound import ACCOUNT, BASE, CONNECTIONS, TOKEN, _say, generator, stored, without_queues
from benchmarks.mail_site import Root, mail_site
from benchmarks.outcome import Options, Outcome
from benchmarks.progress import rate
from benchmarks.side_by_side import percentile
from benchmarks.spike import p99_over_time
from benchmarks.texts_site import HOOK, Door, TextsSite, answered
from benchmarks.webhook_load import Load, our_number
from supervision.control import client

TEXTS, PER_MEMBER = 400_000, 10
FLOODED = our_number(0)
KEYWORD, ANSWER = "nest", "Nests are watched at rookery.example/nests."
EVERY_SECONDS, ALONE_SECONDS, LOOK_SECONDS = 1.0, 15.0, 1.0
#: Phones of each calm leader, in turns.
CALM = 5
PATIENCE_SECONDS = 1800.0
#: However short a flood is: two answers make a percentile.
LEAST_SECONDS = 2.5 * EVERY_SECONDS
_WAITING = "SELECT count(*), min(id) FROM sms_texts WHERE state = 'received'"
_SINCE = "SELECT extract(epoch FROM created_at)::float8 FROM sms_texts WHERE id = %s"
_ROWS = "SELECT count(*) FROM sms_texts WHERE direction = 'in' AND leader = %s"


@dataclass
class Conversation:
    """Texts to a calm leader, one a second, from a thread of its own."""

    leader: str
    number: str
    members: list[str]
    accepted: dict[str, float] = field(default_factory=dict)

    def prepare(self, site: TextsSite) -> None:
        """The members sign up; waits for none of it."""
        site.lead(self.leader, self.number, automatic_per_hour=1000)
        client(site.home).call("sms.keyword.put", leader=self.leader, word=KEYWORD, answer=ANSWER)
        door = Door(site.port, self.accepted)
        for member in self.members:
            door.text(member, self.number, "hello")
        door.close()

    @contextmanager
    def flowing(self, site: TextsSite) -> Iterator[None]:
        """While the block runs. Raises what the thread died of."""
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            flow = pool.submit(self._flow, Door(site.port, self.accepted), over)
            try:
                yield
            finally:
                over.set()
            flow.result()

    def _flow(self, door: Door, over: threading.Event) -> None:
        due, turn = time.monotonic(), 0
        while not over.wait(max(0.0, due - time.monotonic())):
            due = max(due + EVERY_SECONDS, time.monotonic())
            door.text(self.members[turn % CALM], self.number, KEYWORD, copies=2)
            turn += 1
        door.close()

    def late(self, site: TextsSite) -> Points:
        """(when it was accepted, milliseconds until it was answered) of all since the last call."""
        mine, self.accepted = self.accepted, {}
        return answered(site, mine, self.members)


def conversations() -> tuple[Conversation, Conversation]:
    """One leader whose texts wait in the queue of the flood, and one whose do not."""
    mine = bucket_of(FLOODED, BUCKETS)
    numbers = [our_number(number) for number in range(1, 100)]
    same = next(number for number in numbers if bucket_of(number, BUCKETS) == mine)
    another = next(number for number in numbers if bucket_of(number, BUCKETS) != mine)
    phones = [f"+1646{2_000_000 + number}" for number in range(2 * CALM)]
    return Conversation("neighbour", same, phones[:CALM]), Conversation("other", another, phones[CALM:])


class Watch:
    """What waits, for how long already, and how large the nodes are. One thread."""

    def __init__(self, site: TextsSite, root: Root) -> None:
        self.waiting: Points = []
        self.age: Points = []
        self._site, self._root = site, root
        self._begun = time.perf_counter()

    def until(self, flood: "Future[list[float]]") -> float:
        """Until all was accepted and nothing waits; seconds. Raises SystemExit when that takes too long."""
        with self._site.connect() as sql, pika.BlockingConnection(pika.URLParameters(self._site.amqp)) as broker:
            while True:
                over = flood.done()
                at = time.perf_counter() - self._begun
                queued, (rows, first) = stored(self._site), sql.execute(_WAITING).fetchone()  # type: ignore[misc]
                since = sql.execute(_SINCE, (first,)).fetchone() if rows else None
                self.waiting.append((at, float(queued + rows)))  # type: ignore[operator]
                self.age.append((at, max(0.0, time.time() - float(str(since[0]))) if since else 0.0))
                self._root.look()
                if over and not queued and not rows and at >= LEAST_SECONDS:
                    return at
                if at > PATIENCE_SECONDS:
                    raise SystemExit(f"{queued} texts in the queues and {rows} rows wait after {at:.0f} s")
                broker.sleep(LOOK_SECONDS)


def flood(site: TextsSite, texts: int) -> list[float]:
    """Send all of them; when each was accepted, in seconds. Raises SystemExit when one was not."""
    members = max(1, texts // PER_MEMBER)
    load = Load(site.port, BASE + HOOK, TOKEN, ACCOUNT, uuid.uuid4().hex[:8], texts, CONNECTIONS, 1, members)
    with generator(load) as process:
        sent = json.loads(_say(process, "go"))
    if sent["refused"] or len(sent["at"]) != texts:
        raise SystemExit(f"{sent['refused']} of {texts} texts were refused, {len(sent['at'])} answered")
    return sorted(sent["at"])


# --- together ---------------------------------------------------------------------------------------------------------


def run(options: Options) -> Outcome:
    texts = options.size or TEXTS
    with mail_site() as plain:
        site = TextsSite(**vars(plain))
        without_queues(site)
        try:
            with site.root() as root:
                return _measure(site, root, texts, options.seconds or ALONE_SECONDS)
        finally:
            without_queues(site)


def _measure(site: TextsSite, root: Root, texts: int, alone_seconds: float) -> Outcome:
    calm = conversations()
    site.lead("flooded", FLOODED)
    for one in calm:
        one.prepare(site)
    counts = {one.leader: len(one.late(site)) for one in calm}
    with calm[0].flowing(site), calm[1].flowing(site):
        time.sleep(alone_seconds)
    for one in calm:
        counts[one.leader] += len(one.accepted)
    alone = [late for one in calm for late in one.late(site)]
    watch = Watch(site, root)
    with calm[0].flowing(site), calm[1].flowing(site), ThreadPoolExecutor(1) as pool:
        sending = pool.submit(flood, site, texts)
        seconds = watch.until(sending)
    for one in calm:
        counts[one.leader] += len(one.accepted)
    late = {one.leader: one.late(site) for one in calm}
    _check(site, texts, counts)
    return _outcome(texts, seconds, sending.result(), watch, root, alone, late)


def _check(site: TextsSite, texts: int, counts: dict[str, int]) -> None:
    """Raises SystemExit when a text is not there, or twice, or out of order, or too many left."""
    check_order(site, texts, "flooded")
    with site.connect() as sql:
        for leader, count in counts.items():
            row = sql.execute(_ROWS, (leader,)).fetchone()
            if row != (count,):
                raise SystemExit(f"{row} texts to {leader} are in the database, {count} were accepted")
    if violations := watcher.violations(site.network):
        raise SystemExit(f"{violations} segments were beyond the limits of the carrier")


def _outcome(
    texts: int, seconds: float, at: list[float], watch: Watch, root: Root, alone: Points, late: dict[str, Points]
) -> Outcome:
    results = {
        "texts": float(texts),
        "seconds": seconds,
        "accepted_per_s": texts / at[-1],
        "worked_on_per_s": texts / seconds,
        "waiting_max": max(waiting for _, waiting in watch.waiting),
        "oldest_max_s": max(age for _, age in watch.age),
        "alone_p99_ms": percentile([one for _, one in alone], 99),
    }
    for leader, points in late.items():
        milliseconds = [one for _, one in points]
        results |= {f"{leader}_p{share}_ms": percentile(milliseconds, share) for share in (50, 99)}
        results |= {f"{leader}_max_ms": max(milliseconds), f"{leader}_answers": float(len(points))}
    results |= {"peak_rss_mb": root.peak_rss_mb, "rss_growth": root.rss_growth}
    start = root.memory[0][0]
    series = {
        "texts accepted (1/s)": rate([(when, float(number)) for number, when in enumerate(at, 1)], 2.0),
        "texts that wait, in queues and database": watch.waiting,
        "age of the oldest in the database (s)": watch.age,
        "answers of a leader in the same queue: p99 per 5 s (ms)": p99_over_time(late["neighbour"]),
        "answers of a leader in another queue: p99 per 5 s (ms)": p99_over_time(late["other"]),
        "memory of the largest node (MB)": [(moment - start, megabytes) for moment, megabytes in root.memory],
    }
    return Outcome(results, {}, series)
