"""The section `database` of config.yaml. Values only; any thread."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from supervision.config import Section

SCHEMES = "sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST[,HOST...]/NAME"

#: libpq's list of hosts, `HOST:PORT,HOST:PORT`, between the account and the name of the database.
_SEVERAL_HOSTS = re.compile(
    r"^(?P<start>[\w+]+://(?:[^/@]*@)?)(?P<hosts>[^/?@]*,[^/?@]*)(?P<name>/[^?]*)?(?P<query>\?.*)?$"
)


class DatabaseConfig(Section):
    """Which database, and how long anything about it may take."""

    url: SecretStr = Field(
        default=SecretStr("sqlite:///{home}/rookery.sqlite"), description=f"{SCHEMES}; {{home}} is replaced"
    )
    pool_size: int = Field(default=10, ge=1, le=1000, description="connections open at most, the health check's apart")
    reserved: int = Field(
        default=3,
        ge=0,
        le=1000,
        description="connections that bulk mail always leaves to others; it keeps at least one",
    )
    acquire_timeout_seconds: float = Field(
        default=5.0, gt=0, description="how long a caller waits for a free connection, or on SQLite for the write lock"
    )
    statement_timeout_seconds: float = Field(
        default=30.0, gt=0, description="PostgreSQL ends a statement that takes longer"
    )
    idle_in_transaction_seconds: float = Field(
        default=60.0, gt=0, description="PostgreSQL ends a transaction in which nothing happened for so long"
    )
    connect_timeout_seconds: int = Field(
        default=5, ge=2, description="how long opening a connection may take, per host"
    )
    health_interval_seconds: float = Field(default=2.0, gt=0, description="pause between health checks")
    health_timeout_seconds: float = Field(default=2.0, gt=0, description="a check that takes longer means: broken")
    durable: bool = Field(default=True, description="a commit is on disk before it returns; false risks the last ones")

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, value: SecretStr) -> SecretStr:
        parse_url(value.get_secret_value())
        return value

    def resolved(self, home: Path) -> URL:
        """The URL with driver and `{home}` filled in."""
        url = parse_url(self.url.get_secret_value())
        if url.database is not None and "{home}" in url.database:
            url = url.set(database=url.database.replace("{home}", str(home)))
        return url

    def with_url(self, url: str) -> Self:
        """The same, for another database."""
        return self.model_copy(update={"url": SecretStr(url)})


def parse_url(text: str) -> URL:
    """A database URL with its driver. Raises ValueError that never repeats the text: it may hold a password."""
    try:
        url = make_url(_one_by_one(text))
    except ArgumentError:
        raise ValueError(f"is not a database URL; write {SCHEMES}") from None
    except ValueError:  # a port that is no number
        raise ValueError(f"is not a database URL; write {SCHEMES}") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ValueError(f"{url.drivername} is not supported; write {SCHEMES}")
    if url.database in (None, "", ":memory:") or url.query:
        raise ValueError("SQLite needs a plain file, which every thread and process can open: sqlite:///FILE")
    return url


def _one_by_one(text: str) -> str:
    """A list of hosts as SQLAlchemy wants it: `host=` once for each."""
    found = _SEVERAL_HOSTS.match(text)
    if found is None:
        return text
    hosts = "&".join(f"host={host}" for host in found["hosts"].split(","))
    query = f"{found['query']}&{hosts}" if found["query"] else f"?{hosts}"
    return f"{found['start']}{found['name'] or '/'}{query}"
