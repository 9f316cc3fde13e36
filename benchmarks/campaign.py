"""One event to `--size` people (100,000) in PostgreSQL: how many mails a second reach the sink, books and all.

The send is ordered as `rookery email campaign start` orders it, and runs from the freezing of the audience to the
balanced books in a root with its nodes. Each person gets a text and an HTML part of 2 KB and a row in the ledger. The
plain way (`plain_mail`) sends to `PLAIN` of the same people before and after. `rss_growth` is the peak memory of a node
over that of the first minute, or of the first fifth if the run is shorter.
"""

import time
from datetime import UTC, datetime

from sqlalchemy import Engine, create_engine

from apps.email.campaign import sends
from apps.email.campaign.sends import Order
from apps.email.campaign.states import OVER, SendState
from benchmarks import plain_mail
from benchmarks.mail_site import DATA, TEMPLATE, TURN_SECONDS, Root, Site, mail_site, write_people
from benchmarks.outcome import Options, Outcome
from benchmarks.progress import people_done, rate

PEOPLE, PLAIN = 100_000, 2_000
PATIENCE_SECONDS = 1800.0
WINDOW_SECONDS = 2.0
ORDER = Order(
    name="bench",
    rule="bench_update",
    template=TEMPLATE,
    audience={},
    event_source="/bench",
    event_id="1",
    event_type="bench_update",
    topic="petition_updates",
    data=DATA,
)


def run(options: Options) -> Outcome:
    count = options.size or PEOPLE
    with mail_site() as site:
        with site.root() as root:
            people = write_people(site, count)
            sample = people[: min(PLAIN, count)]
            before = plain_mail.mails_per_second(site, sample)
            done: list[tuple[float, float]] = []
            mails = _campaign(site, root, count, done)
            plain = (before + plain_mail.mails_per_second(site, sample)) / 2
        results = {
            "mails_per_s": mails,
            "plain_mails_per_s": plain,
            "peak_rss_mb": root.peak_rss_mb,
            "rss_growth": root.rss_growth,
        }
        series = {
            "memory of the largest node (MB)": root.memory,
            f"mails per second, over {WINDOW_SECONDS:g} s": rate(done, WINDOW_SECONDS),
        }
        return Outcome(results, {"vs_plain": mails / plain}, series)


def _campaign(site: Site, root: Root, count: int, done: list[tuple[float, float]]) -> float:
    """Mails per second from the order to the balanced books; `done` gets how many people were through when."""
    engine = create_engine(site.postgres)
    start = time.perf_counter()
    with engine.begin() as connection:
        send, _ = sends.start_send(connection, ORDER, datetime.now(UTC))
    with site.connect() as looking:
        while (state := _state(engine, send)) not in OVER:
            root.look()
            done.append((root.memory[-1][0], people_done(looking, send)))
            if time.perf_counter() - start > PATIENCE_SECONDS:
                raise SystemExit(f"the send is still {state} after {PATIENCE_SECONDS:.0f} s")
            time.sleep(TURN_SECONDS)
    took = time.perf_counter() - start
    with engine.connect() as connection:
        ended = sends.load(connection, send)
    engine.dispose()
    handed = (ended.sums or {}).get("handed", 0)
    if ended.state is not SendState.FINISHED or handed != count:
        raise SystemExit(f"the send is {ended.state} with {ended.sums}: {ended.reason}")
    return count / took


def _state(engine: Engine, send: int) -> SendState:
    with engine.connect() as connection:
        return sends.state_of(connection, send)[0]
