"""From a URL to a SQLAlchemy engine with the promises that Rookery needs. Opens nothing by itself; any thread.

Both engines: the pool is bounded, a wait for a connection ends, a transaction says at its start whether it writes.
SQLite: WAL, foreign keys, and a writing transaction takes the write lock at its BEGIN, so that two readers can never
deadlock by both becoming writers. PostgreSQL: deadlines for connecting, statements and idle transactions, keepalives;
of several hosts in the URL the first that takes writes is used.

Not guaranteed: a server that stops answering in the middle of a statement is not noticed here; see `gate`.
"""

import json
import sqlite3
from functools import partial
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from actors.database.config import DatabaseConfig
from actors.database.errors import DatabaseBroken

#: Execution options of a transaction that only reads.
READING = {"rookery_reading": True, "postgresql_readonly": True}


def open_engine(url: URL, config: DatabaseConfig, pool_size: int | None = None) -> Engine:
    """An engine; it connects at first use. `pool_size` overrides the configured one."""
    specific = _sqlite_options(config) if is_sqlite(url) else _postgresql_options(url, config)
    engine = create_engine(
        url,
        pool_size=pool_size or config.pool_size,
        max_overflow=0,
        pool_timeout=config.acquire_timeout_seconds,
        pool_use_lifo=True,
        json_serializer=partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
        **specific,
    )
    if is_sqlite(url):
        event.listen(engine, "connect", partial(_prepare_sqlite, config=config))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def shown(url: URL) -> str:
    """The URL for people: without its password."""
    return url.render_as_string(hide_password=True)


def hosts_of(url: URL) -> int:
    """How many servers the URL names; each may take `connect_timeout_seconds` before the next one is tried."""
    named = ",".join(url.normalized_query.get("host", ())).split(",")
    return max(1, len(named))


def _sqlite_options(config: DatabaseConfig) -> dict[str, Any]:
    return {"connect_args": {"timeout": config.acquire_timeout_seconds}}


def _postgresql_options(url: URL, config: DatabaseConfig) -> dict[str, Any]:
    settings = {
        "statement_timeout": _milliseconds(config.statement_timeout_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(config.idle_in_transaction_seconds),
        "synchronous_commit": "on" if config.durable else "off",
        "timezone": "UTC",
        # Rows are looked up by key, and lie in memory or on a disk without a head: cheaper than reading whole tables.
        "random_page_cost": 1.1,
    }
    asked = url.normalized_query.get("options", ())
    connect_args = {
        "application_name": "rookery",
        "connect_timeout": config.connect_timeout_seconds,
        "options": " ".join([*(f"-c {name}={value}" for name, value in settings.items()), *asked]),
        "keepalives": 1,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
    }
    if hosts_of(url) > 1:  # a standby takes connections too; the one to be found is the one that takes writes
        connect_args["target_session_attrs"] = url.normalized_query.get("target_session_attrs", ("read-write",))[0]
    # One ping per transaction buys that a connection which the server dropped while it was idle costs nobody a failure.
    # The look-up of hstore would be a statement before anybody can cut the connection.
    return {"connect_args": connect_args, "pool_pre_ping": True, "use_native_hstore": False}


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _prepare_sqlite(connection: sqlite3.Connection, entry: ConnectionPoolEntry, *, config: DatabaseConfig) -> None:
    connection.isolation_level = None  # the driver would begin by itself, too late and in the wrong mode
    # Of several that open a new file at once, one turns the log on; SQLite tells the others "locked" without waiting.
    patiently = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, sqlite3.OperationalError) and "locked" in str(error)),
        stop=stop_after_delay(config.acquire_timeout_seconds),
        wait=wait_random(0.005, 0.05),
        reraise=True,
    )
    (mode,) = patiently(lambda: connection.execute("PRAGMA journal_mode=WAL").fetchone())
    if mode != "wal":
        raise DatabaseBroken(f"SQLite cannot use a write-ahead log here (mode {mode}); put the file on a local disk")
    connection.execute(f"PRAGMA synchronous={'FULL' if config.durable else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("rookery_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
