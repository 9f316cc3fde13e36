"""`--size` single messages in RabbitMQ (100,000), one mail each: how many a second reach the sink.

The jobs wait in the queue of the transactional lane, confirmed, when a root with its nodes is started. The time runs
from the first claim to the last answer in the ledger, and contains what is left of the nodes' start. `p99_ms` is how
long a mail takes from its claim to the mail server's answer in the ledger. The plain way (`plain_mail`) sends the same
words to `PLAIN` of the same people before and after.
"""

import time
from collections.abc import Sequence

from actors.broker import Message
from actors.broker.specs import engine_of
from apps.email.decider import message_of
from apps.email.jobs import Job, key_of
from benchmarks import plain_mail
from benchmarks.mail_site import APPS, DATA, TEMPLATE, TURN_SECONDS, Root, Site, mail_site, write_people
from benchmarks.outcome import Options, Outcome
from benchmarks.spike import without_queues
from supervision.clock import SystemClock
from supervision.config import check

JOBS, PLAIN, LIST = 100_000, 2_000, 500
PATIENCE_SECONDS = 1800.0
DONE = "SELECT count(*) FROM email_ledger WHERE mail_class = 'transactional' AND state = 'handed'"
FIGURES = """
    SELECT extract(epoch FROM max(changed_at) - min(created_at))::float8,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM changed_at - created_at)::float8)
    FROM email_ledger"""


def run(options: Options) -> Outcome:
    count = options.size or JOBS
    with mail_site() as site:
        without_queues(site)
        with site.root():
            people = write_people(site, count)
            sample = people[: min(PLAIN, count)]
            before = plain_mail.mails_per_second(site, sample)
        publish(site, count)
        with site.root() as root:
            _await(site, root, count)
            plain = (before + plain_mail.mails_per_second(site, sample)) / 2
        without_queues(site)
        seconds, p99 = _figures(site)
    results = {
        "mails_per_s": count / seconds,
        "plain_mails_per_s": plain,
        "p99_ms": p99 * 1000,
        "peak_rss_mb": root.peak_rss_mb,
    }
    return Outcome(results, {"vs_plain": count / seconds / plain})


def publish(site: Site, count: int) -> None:
    """Confirmed by the broker when it returns."""
    clock = SystemClock()
    settings = check({"apps": APPS, "broker": {"url": site.amqp}}, site.home)
    channel = engine_of(settings).publish_channel(clock)
    channel.open()
    try:
        for start in range(0, count, LIST):
            channel.publish(_messages(range(start, min(start + LIST, count))))
    finally:
        channel.close()
        clock.close()


def _messages(numbers: Sequence[int]) -> list[Message]:
    return [message_of(_job(number)) for number in numbers]


def _job(number: int) -> Job:
    address = f"person-{number}@example.org"
    return Job(
        key=key_of("/bench", str(number), "bench_update", address),
        event_type="bench_update",
        event_source="/bench",
        event_id=str(number),
        template=TEMPLATE,
        mail_class="transactional",
        person=address,
        address=address,
        name=f"Person {number}",
        data=DATA,
    )


def _await(site: Site, root: Root, count: int) -> None:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    with site.connect() as connection:
        while (row := connection.execute(DONE).fetchone()) != (count,):
            root.look()
            if time.perf_counter() > deadline:
                raise SystemExit(f"only {row} of {count} mails were handed over in {PATIENCE_SECONDS:.0f} s")
            time.sleep(5 * TURN_SECONDS)
    root.look()


def _figures(site: Site) -> tuple[float, float]:
    with site.connect() as connection:
        row = connection.execute(FIGURES).fetchone()
    assert row is not None
    seconds, p99 = row
    assert isinstance(seconds, float) and isinstance(p99, float)
    return seconds, p99
