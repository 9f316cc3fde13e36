"""A spike of texts: signed webhooks of a carrier, made durable in RabbitMQ before they are answered.

`--size` texts (100,000) of 4,000 conversations with 20 leaders come from a process of their own over 32 kept
connections, each sending its next text when the last was answered: the rate is what the web server takes, the latency
from the last octet out to the answer in. All of it, the generator, the root and RabbitMQ, is on the machine that is
measured. Then a root with the whole SMS app drains the queues into PostgreSQL: `drained_per_s` is texts the hub is done
with, and the run fails unless each of them is there once and every conversation in order. Memory is that of the process
that accepts; `rss_growth` its peak over that of the first minute, or of the first fifth of a shorter run.
"""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pika
import yaml

from apps.sms import APP as SMS
from apps.sms.queues import OUTBOUND, RECEIPTS, STOP, buckets
from benchmarks.draining import BUCKETS, DrainSite, Points, check_order, drain, write_leaders
from benchmarks.mail_site import Root, Site, mail_site
from benchmarks.outcome import Options, Outcome
from benchmarks.progress import rate
from benchmarks.side_by_side import percentile
from benchmarks.webhook_load import Load, Sent, our_number
from supervision.app import App

TEXTS, CONNECTIONS, LEADERS, MEMBERS = 100_000, 32, 20, 200
ACCOUNT, TOKEN, BASE = "AC" + "0" * 32, "a token for a benchmark", "https://sms.example.org"
LOOK_SECONDS = 0.25
QUEUES = (STOP, RECEIPTS, OUTBOUND, *buckets(BUCKETS), "dead-letters")
#: The SMS app without whoever reads the queues: what accepts may be another machine than what works.
ACCEPTING = App(name="sms", config=SMS.config, queues=SMS.queues, routes="apps.sms.routes:routes")


class InboundSite(Site):
    """A root that accepts: a web server and a broker."""

    def config(self) -> Path:
        carrier = {"account": ACCOUNT, "secret": TOKEN, "callback_url": BASE}
        settings = {
            "apps": ["actors.broker", f"{__name__}:ACCEPTING", "actors.web"],
            "nodes": {"count": 0},
            "broker": {"url": "${BENCH_AMQP}"},
            "console": {"port": 0},
            "sms": {"inbound_buckets": BUCKETS, "carriers": [{"name": "tw", "http": carrier}], "limits": []},
            "log": {"level": "warning"},
        }
        path = self.home / "config.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path

    @property
    def port(self) -> int:
        """Where the web server listens."""
        url: str = json.loads((self.home / "web.json").read_text())["url"]
        return int(url.rpartition(":")[2].strip("/"))


class Memory(Root):
    """Of the root itself, for here it does the work."""

    def look(self) -> None:
        self.memory.append((time.perf_counter() - self._begun, self._process.memory_info().rss / 1e6))


def without_queues(site: Site) -> None:
    """What an earlier run left would be counted."""
    connection = pika.BlockingConnection(pika.URLParameters(site.amqp))
    with connection, connection.channel() as channel:
        for queue in QUEUES:
            channel.queue_delete(queue)


def stored(site: Site) -> int:
    """Texts in the queues."""
    connection = pika.BlockingConnection(pika.URLParameters(site.amqp))
    with connection, connection.channel() as channel:
        counts = [channel.queue_declare(queue, passive=True).method.message_count for queue in QUEUES[:-1]]
    return sum(counts)


# --- accepting --------------------------------------------------------------------------------------------------------


def accept(site: InboundSite, root: Root, texts: int) -> Sent:
    """Send all of them. Raises SystemExit when one was not accepted, or is not in its queue."""
    load = Load(
        site.port, f"{BASE}/public/sms/carriers/tw/inbound", TOKEN, ACCOUNT, uuid.uuid4().hex[:8], texts,
        CONNECTIONS, LEADERS, MEMBERS,
    )  # fmt: skip
    memory = Memory(root.pid)
    with generator(load) as process, looking(memory):
        sent = Sent(**json.loads(_say(process, "go")))
    root.memory = memory.memory
    if sent.refused or len(sent.latencies_ms) != texts:
        raise SystemExit(f"{sent.refused} of {texts} texts were refused, {len(sent.latencies_ms)} answered")
    if (found := stored(site)) != texts:
        raise SystemExit(f"{found} texts are in the queues, {texts} were accepted")
    return sent


@contextmanager
def generator(load: Load) -> Iterator["subprocess.Popen[str]"]:
    """Ready to send."""
    command = [sys.executable, "-m", "benchmarks.webhook_load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            _say(process, json.dumps(asdict(load)))
            yield process
        finally:
            process.kill()


def _say(process: "subprocess.Popen[str]", line: str) -> str:
    """A line in, a line out."""
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit("the process that sends the texts ended")
    return answer


@contextmanager
def looking(memory: Root) -> Iterator[None]:
    """At the memory, while the block runs."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            memory.look()

    memory.look()
    thread = threading.Thread(target=look, name="memory")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# --- together ---------------------------------------------------------------------------------------------------------


def run(options: Options) -> Outcome:
    texts = options.size or TEXTS
    with mail_site() as plain:
        site, working = InboundSite(**vars(plain)), DrainSite(**vars(plain))
        without_queues(site)
        try:
            write_leaders(working, [our_number(leader) for leader in range(LEADERS)])
            with site.root() as root:
                sent = accept(site, root, texts)
            drained = drain(working, texts)
            check_order(working, texts)
            return _outcome(sent, root, drained, texts)
        finally:
            without_queues(site)


def _outcome(sent: Sent, root: Root, drained: Points, texts: int) -> Outcome:
    results = {
        "texts_per_s": texts / sent.seconds,
        "p50_ms": percentile(sent.latencies_ms, 50),
        "p99_ms": percentile(sent.latencies_ms, 99),
        "max_ms": max(sent.latencies_ms),
        "peak_rss_mb": root.peak_rss_mb,
        "rss_growth": root.rss_growth,
        "drained_per_s": texts / max(drained[-1][0], LOOK_SECONDS),
    }
    done = [(at, float(number)) for number, at in enumerate(sorted(sent.at), 1)]
    series = {
        "texts accepted (1/s)": rate(done, 1.0),
        "memory of the process that accepts (MB)": root.memory,
        "texts the hub is done with (1/s)": rate(drained, 1.0),
    }
    return Outcome(results, {}, series)
