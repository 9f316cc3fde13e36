"""What the benchmarks of mail run in: a database and a home of their own, a root with its nodes, a sink for mails.

The servers are those of `make services`; the sink is `smtp-sink` of Debian's postfix. All of it is on the machine that
is measured. The database is made for one run and dropped after it.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import yaml
from psycopg import sql

from supervision.control import client

VARIABLE, FILE = "ROOKERY_TEST_POSTGRES", Path("var/services/env")
SINK = "/usr/sbin/smtp-sink"
COMMAND = [sys.executable, "-c", "from supervision.cli import main; main()"]
START_SECONDS = 60.0
TURN_SECONDS = 0.05
FIRST_MINUTE_SECONDS = 60.0
APPS = [
    *("actors.database", "actors.broker", "actors.rpc", "actors.pipeline.rates", "actors.pipeline.connector"),
    *("apps.people", "apps.email"),
]
#: Two KB of words in each of the two parts.
PARAGRAPH = "Thank you for standing up for what is right: with you, we are many more. "
PARAGRAPHS = 26
TEXT = "Hello {{ person.name }},\n\n" + f"{PARAGRAPH.strip()}\n" * PARAGRAPHS
TEXT += "\n{{ petition }}: {{ signatures }} people have signed.\nRead more: {{ link }}\n"
HTML = '<html lang="{{ lang }}"><body><p>Hello {{ person.name }},</p>\n' + f"<p>{PARAGRAPH.strip()}</p>\n" * PARAGRAPHS
HTML += '<p>{{ petition }}: {{ signatures }} people have signed. <a href="{{ link }}">Read more</a></p></body></html>\n'
SUBJECT = "{{ petition }}: news for {{ person.name }}"
TEMPLATE = "bench_update"
DATA = {"petition": "Save the old trees", "signatures": 48211, "link": "https://example.org/p/trees"}


@dataclass
class Site:
    """One run's world. `postgres` and `amqp` hold passwords: never print them."""

    home: Path
    postgres: str
    amqp: str
    sink_port: int
    email: dict[str, object] = field(default_factory=dict)

    @property
    def sql_url(self) -> str:
        """For psycopg itself."""
        return self.postgres.replace("+psycopg", "")

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.sql_url, autocommit=True)

    def config(self) -> Path:
        """Written without a password: those are in the environment."""
        templates = self.home / "templates" / TEMPLATE
        templates.mkdir(parents=True, exist_ok=True)
        for name, text in (("subject.txt", SUBJECT), ("body.txt", TEXT), ("body.html", HTML)):
            (templates / name).write_text(text)
        email = {
            "mta": {"url": f"smtp://127.0.0.1:{self.sink_port}"},
            "templates": [str(templates.parent)],
            "senders": 4,
            "window": 100,
            "letterhead": {"public_url": "https://mail.example.org"},
            **self.email,
        }
        settings = {
            "apps": APPS,
            "database": {"url": "${BENCH_POSTGRES}"},
            "broker": {"url": "${BENCH_AMQP}"},
            "email": email,
            "log": {"level": "warning"},
        }
        path = self.home / "config.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path

    def _await_all(self) -> None:
        """A root is ready before its nodes have done all that they start with."""
        deadline = time.monotonic() + START_SECONDS
        asleep = ["everybody"]
        while asleep:
            if time.monotonic() > deadline:
                raise SystemExit(f"not running after {START_SECONDS:g} s: {asleep}")
            time.sleep(TURN_SECONDS)
            rows = client(self.home).call("tree")["rows"]
            asleep = [row["path"] for row in rows if row["state"] != "running" and row["last_reason"] != "ignored"]

    @contextmanager
    def root(self) -> Iterator["Root"]:
        """A root with its nodes, ready; stopped afterwards."""
        environment = os.environ | {"BENCH_POSTGRES": self.postgres, "BENCH_AMQP": self.amqp}
        log = self.home / "root.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [*COMMAND, "--home", str(self.home), "run", "-c", str(self.config())],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment,
            )
        with process:
            try:
                assert process.stdout is not None
                if not any(line.startswith("ready") for line in process.stdout):
                    raise SystemExit(f"the root did not start:\n{log.read_text()[-3000:]}")
                self._await_all()
                yield Root(process.pid)
            finally:
                process.terminate()
                try:
                    process.wait(30.0)
                except subprocess.TimeoutExpired:
                    process.kill()
        if faults := log.read_text():
            print(faults[-2000:], file=sys.stderr)


class Root:
    """A running root, whose nodes' memory is looked at all along."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = psutil.Process(pid)
        self._begun = time.perf_counter()
        #: (seconds, megabytes of the largest node)
        self.memory: list[tuple[float, float]] = []
        self._ended = threading.Event()

    def look(self) -> None:
        sizes = [node.memory_info().rss / 1e6 for node in self._process.children() if node.is_running()]
        self.memory.append((time.perf_counter() - self._begun, max(sizes, default=0.0)))

    @property
    def peak_rss_mb(self) -> float:
        return max(megabytes for _, megabytes in self.memory)

    @property
    def rss_growth(self) -> float:
        """The peak over the peak of the first minute, or of the first fifth of a shorter run."""
        first, last = self.memory[0][0], self.memory[-1][0]
        early = first + max(1.0, min(FIRST_MINUTE_SECONDS, (last - first) / 5))
        return self.peak_rss_mb / max(megabytes for seconds, megabytes in self.memory if seconds <= early)


@contextmanager
def mail_site(**email: object) -> Iterator[Site]:
    """A home, a database with all tables, and a running sink; `email` is put over the section `email`."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rookery-bench-")))
        stack.enter_context(_alone())
        postgres = stack.enter_context(database())
        yield Site(home, postgres, service("ROOKERY_TEST_AMQP"), stack.enter_context(_sink()), email)


def service(variable: str) -> str:
    """The URL of one of the servers of `make services`."""
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    found = os.environ.get(variable) or dict(line.split("=", 1) for line in lines).get(variable)
    if not found:
        raise SystemExit(f"{variable} is not set: run `make services`")
    return found


def write_people(site: Site, count: int) -> list[str]:
    """People who want to hear about everything; their ids, in order."""
    ids = [f"{number:012d}-bench" for number in range(count)]
    now = datetime.now(UTC)
    columns = "id, key, address, name, locale, attributes, created_at, updated_at"
    with site.connect() as connection, connection.cursor() as cursor:
        with cursor.copy(f"COPY people_profiles ({columns}) FROM STDIN") as copy:
            for number, id in enumerate(ids):
                address = f"person-{number}@example.org"
                attributes = json.dumps({"city": "Lyon"})
                copy.write_row((id, address, address, f"Person {number}", "en", attributes, now, now))
        cursor.execute("VACUUM ANALYZE people_profiles")
    return ids


@contextmanager
def _alone() -> Iterator[None]:
    """The queues have the names that every root gives them: one benchmark at a time."""
    with (Path(tempfile.gettempdir()) / "rookery-bench.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def database() -> Iterator[str]:
    server = service(VARIABLE)
    name = sql.Identifier(f"bench_{uuid.uuid4().hex}")
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield server.rpartition("/")[0] + "/" + name.as_string().strip('"')
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@contextmanager
def _sink() -> Iterator[int]:
    if not Path(SINK).exists():
        raise SystemExit(f"{SINK} is missing: run `make services`")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([SINK, *account, f"127.0.0.1:{port}", "100"], stderr=subprocess.DEVNULL)
    try:
        _await_greeting(port)
        yield port
    finally:
        process.kill()
        process.wait()


def _await_greeting(port: int) -> None:
    deadline = time.monotonic() + 10.0
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
                if connection.recv(3) == b"220":
                    return
        except OSError:
            time.sleep(TURN_SECONDS)
        if time.monotonic() > deadline:
            raise SystemExit("smtp-sink does not answer")
