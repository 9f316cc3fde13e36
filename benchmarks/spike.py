"""Password resets while a million bulk mails wait: how late they are, and what the waiting costs in memory.

A send to `--size` people (1,000,000) and `EVENTS` bulk events of one person each are queued, on the RabbitMQ, the
PostgreSQL and the mail sink of `mail_site`. While both are worked on, for `--seconds` (120) or until the send is over,
password resets come in by `POST /events` at a steady rate. A reset's lateness is the time from the answer 202 to the
row of the ledger that says "handed", which is written after the mail server's 250. `alone_...` is the same before the
bulk. The run fails if a reset was lost. `rss_growth` is the peak memory of a node over that of the first minute, or of
the first fifth of a shorter run. Writing the people takes about half a minute per million, and is not measured.
"""

import json
import math
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pika
import yaml
from sqlalchemy import create_engine

from actors.broker.specs import engine_of
from apps.email.campaign import sends
from apps.email.campaign.states import OVER, SendState
from apps.email.cloudevents import Event
from apps.email.intake import message_of
from benchmarks.campaign import ORDER
from benchmarks.mail_site import Root, Site, mail_site, write_people
from benchmarks.outcome import Options, Outcome
from benchmarks.progress import people_done
from benchmarks.side_by_side import percentile
from supervision.clock import SystemClock
from supervision.config import check

PEOPLE, SECONDS, ALONE_SECONDS = 1_000_000, 120.0, 10.0
#: However short a run is: two resets make a percentile.
LEAST_SECONDS = 1.0
#: Bulk events that name one person each, all of them waiting when the measurement begins.
EVENTS, LIST = 50_000, 500
RESETS_PER_SECOND = 20.0
SENDERS_OF_RESETS = 8
LOOK_SECONDS = 0.5
#: p99 over time is that of so many seconds of resets.
WINDOW_SECONDS = 5.0
PATIENCE_SECONDS = 600.0
QUEUES = ("email.events", "email.transactional", "email.bulk", "email.chunks", "dead-letters")
APPS = ("actors.database", "actors.broker", "actors.rpc", "actors.pipeline.connector", "apps.people", "apps.email")

Series = list[tuple[float, float]]


class SpikeSite(Site):
    """With a web server and the shipped rules."""

    def config(self) -> Path:
        path = super().config()
        settings = yaml.safe_load(path.read_text())
        settings |= {"apps": [*APPS, "actors.web"], "console": {"port": 0}}
        path.write_text(yaml.safe_dump(settings))
        return path


class Resets:
    """Password resets at a steady rate, from a thread of their own; `accepted` is when each was answered with 202."""

    def __init__(self, site: Site) -> None:
        self._url = str(json.loads((site.home / "web.json").read_text())["url"]).rstrip("/") + "/events"
        self._headers = {
            "Authorization": f"Bearer {(site.home / 'token').read_text().strip()}",
            "Content-Type": "application/cloudevents+json",
        }
        self.accepted: dict[str, float] = {}
        self._number = 0

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """While the block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._flow, args=(over,), name="resets")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _flow(self, over: threading.Event) -> None:
        due = time.monotonic()
        with httpx.Client(headers=self._headers, timeout=30.0) as http, ThreadPoolExecutor(SENDERS_OF_RESETS) as pool:
            while not over.wait(max(0.0, due - time.monotonic())):
                due += 1.0 / RESETS_PER_SECOND
                self._number += 1
                pool.submit(self._post, http, self._number)

    def _post(self, http: httpx.Client, number: int) -> None:
        data = {"to": f"reset-{number}@example.org", "link": f"https://example.org/r/{number}", "hours": 2}
        event = {"specversion": "1.0", "id": f"{number}", "source": "/spike", "type": "password_reset", "data": data}
        answer = http.post(self._url, content=json.dumps(event))
        answer.raise_for_status()
        now = time.time()
        self.accepted.update((key, now) for one in answer.json()["accepted"] for key in one["mails"])


# --- what waits -------------------------------------------------------------------------------------------------------


def queue_events(site: Site, count: int) -> None:
    """Confirmed by the broker when it returns."""
    clock = SystemClock()
    settings = check({"broker": {"url": site.amqp}}, site.home)
    channel = engine_of(settings).publish_channel(clock)
    channel.open()
    try:
        for start in range(0, count, LIST):
            channel.publish([message_of(_update(number)) for number in range(start, min(start + LIST, count))])
    finally:
        channel.close()
        clock.close()


def _update(number: int) -> Event:
    data = {"petition": "More birds", "signatures": number, "link": "https://example.org/p/birds"}
    return Event(f"update-{number}", "/spike", "petition_update", {**data, "to": f"bulk-{number}@example.org"})


def without_queues(site: Site) -> None:
    """What an earlier run left would be sent to nobody."""
    connection = pika.BlockingConnection(pika.URLParameters(site.amqp))
    with connection, connection.channel() as channel:
        for queue in QUEUES:
            channel.queue_delete(queue)


# --- what is measured -------------------------------------------------------------------------------------------------


def lateness(site: Site, accepted: dict[str, float]) -> list[tuple[float, float]]:
    """(when it was accepted, milliseconds until it was handed over) of each, in order. Waits for those under way."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    handed: dict[str, float] = {}
    with site.connect() as connection:
        while len(handed) < len(accepted):
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"{len(accepted) - len(handed)} of {len(accepted)} password resets were not handed over"
                )
            statement = "SELECT key, extract(epoch FROM changed_at)::float8 FROM email_ledger"
            rows: Any = connection.execute(f"{statement} WHERE mail_class = 'transactional' AND state = 'handed'")
            handed = {key: at for key, at in rows if key in accepted}
            time.sleep(LOOK_SECONDS)
    return sorted((at, (handed[key] - at) * 1000.0) for key, at in accepted.items())


def p99_over_time(late: Sequence[tuple[float, float]]) -> Series:
    """(middle of a window in seconds since the first, p99 in it)."""
    windows: dict[int, list[float]] = {}
    for at, milliseconds in late:
        windows.setdefault(int((at - late[0][0]) / WINDOW_SECONDS), []).append(milliseconds)
    return [((number + 0.5) * WINDOW_SECONDS, _p99(inside)) for number, inside in sorted(windows.items())]


def _p99(milliseconds: list[float]) -> float:
    """By nearest rank: a window may hold one value only."""
    return sorted(milliseconds)[math.ceil(len(milliseconds) * 0.99) - 1]


class Watch:
    """Looks at the bulk and at the memory until the time is up."""

    def __init__(self, site: Site, root: Root, send: int, count: int) -> None:
        self.site, self.root, self.send, self.count = site, root, send, count
        self.pending: Series = []

    def until(self, seconds: float) -> None:
        begun = time.monotonic()
        with self.site.connect() as connection:
            while time.monotonic() - begun < seconds:
                self.root.look()
                pending = self.count - people_done(connection, self.send)
                self.pending.append((time.monotonic() - begun, float(pending)))
                if not pending and time.monotonic() - begun > LEAST_SECONDS:
                    return
                time.sleep(LOOK_SECONDS)


# --- together ---------------------------------------------------------------------------------------------------------


def run(options: Options) -> Outcome:
    count, seconds = options.size or PEOPLE, max(LEAST_SECONDS, options.seconds or SECONDS)
    with mail_site() as plain:
        site = SpikeSite(**vars(plain))
        without_queues(site)
        try:
            with site.root() as root:
                return _measure(site, root, count, seconds)
        finally:
            without_queues(site)


def _measure(site: Site, root: Root, count: int, seconds: float) -> Outcome:
    write_people(site, count)
    resets = Resets(site)
    with resets.flowing():
        time.sleep(min(ALONE_SECONDS, seconds))
    alone = lateness(site, resets.accepted)
    resets.accepted = {}
    events = min(EVENTS, count)
    queue_events(site, events)
    watch = Watch(site, root, _start(site), count)
    with resets.flowing():
        watch.until(seconds)
    late = lateness(site, resets.accepted)
    (begun, first), (ended, last) = watch.pending[0], watch.pending[-1]
    results = {
        "reset_p99_ms": percentile([one for _, one in late], 99),
        "reset_max_ms": max(one for _, one in late),
        "alone_reset_p99_ms": percentile([one for _, one in alone], 99),
        "resets": float(len(late)),
        "bulk_waiting_at_start": first + events,
        "bulk_mails_per_s": (first - last) / (ended - begun),
        "peak_rss_mb": root.peak_rss_mb,
        "rss_growth": root.rss_growth,
    }
    start = root.memory[0][0]
    series = {
        "memory of the largest node (MB)": [(at - start, megabytes) for at, megabytes in root.memory],
        "people of the send who wait": watch.pending,
        f"password resets: p99 per {WINDOW_SECONDS:g} s (ms)": p99_over_time(late),
    }
    return Outcome(results, {}, series)


def _start(site: Site) -> int:
    """The send's id once its audience is frozen and it runs."""
    engine = create_engine(site.postgres)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        with engine.begin() as connection:
            send, _ = sends.start_send(connection, ORDER, datetime.now(UTC))
        while time.monotonic() < deadline:
            with engine.connect() as connection:
                state, _ = sends.state_of(connection, send)
            if state in (SendState.RUNNING, SendState.FINISHED):  # a small one is over before it is looked at
                return send
            if state in OVER:
                break
            time.sleep(LOOK_SECONDS)
        raise SystemExit(f"the send does not run: it is {state}")
    finally:
        engine.dispose()
