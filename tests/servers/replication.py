"""A PostgreSQL with a standby that confirms every commit, and the URL that names both."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL

from actors.database.config import parse_url
from tests.servers.account import as_user, hand_over
from tests.servers.postgresql import BINARIES, START_SECONDS, USER, OwnPostgres


@contextmanager
def standby_of(primary: OwnPostgres, folder: Path) -> Iterator[OwnPostgres]:
    """Started, and synchronous: what the primary says is committed, the standby has. Killed afterwards."""
    data = Path(tempfile.mkdtemp(prefix="standby-", dir=folder))
    data.chmod(0o700)
    hand_over(data, USER)
    command = [str(BINARIES / "pg_basebackup"), "--host=127.0.0.1", f"--port={primary.port}", "--username=rookery"]
    command += [f"--pgdata={data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
    subprocess.run(command, check=True, timeout=60, stderr=subprocess.DEVNULL, **as_user(USER))
    standby = OwnPostgres(data)
    try:
        standby.start()
        _wait_for_each_other(primary)
        yield standby
    finally:
        standby.kill()


def url_of(*servers: OwnPostgres) -> URL:
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    return parse_url(f"postgresql://rookery@{hosts}/postgres")


def _wait_for_each_other(primary: OwnPostgres) -> None:
    deadline = time.monotonic() + START_SECONDS
    with psycopg.connect(f"host=127.0.0.1 port={primary.port} user=rookery dbname=postgres", autocommit=True) as link:
        link.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        link.execute("SELECT pg_reload_conf()")
        while link.execute("SELECT sync_state FROM pg_stat_replication").fetchone() != ("sync",):
            assert time.monotonic() < deadline, "the standby did not become synchronous"
            time.sleep(0.02)
