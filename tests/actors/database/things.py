"""A table, a quick-tempered configuration and the usual moves, for the tests of this folder."""

import threading
import time

from sqlalchemy import URL, Column, Integer, MetaData, String, Table, func, select

from actors.database import Database, Unavailable
from actors.database.config import DatabaseConfig
from actors.database.pool import PATH, pool_supervisor
from supervision import ChildSpec, State
from supervision.testing import Running

METADATA = MetaData()
THINGS = Table("things", METADATA, Column("id", Integer, primary_key=True), Column("name", String(20), unique=True))

QUICK = DatabaseConfig(
    pool_size=2,
    acquire_timeout_seconds=0.5,
    health_interval_seconds=0.2,
    health_timeout_seconds=0.5,
    connect_timeout_seconds=2,
)
#: Health checks so rare that only a `Suspect` can be the cause of one.
RARELY_CHECKED = QUICK.model_copy(update={"health_interval_seconds": 1000.0})


def database_spec(url: URL, config: DatabaseConfig = QUICK) -> ChildSpec:
    return pool_supervisor(url, config, METADATA.create_all)


def ready(app: Running) -> Database:
    app.wait_state(PATH, State.RUNNING)
    return Database(app.system)


def add(database: Database, name: str) -> None:
    with database.begin() as connection:
        connection.execute(THINGS.insert(), {"name": name})


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(THINGS)).scalar_one()


def wait_until_back(database: Database, seconds: float = 30.0) -> None:
    """Ask until the database answers; every refusal on the way must be an `Unavailable`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        try:
            count(database)
            return
        except Unavailable as error:
            assert time.monotonic() < deadline, f"the database did not come back: {error}"
            pause.wait(0.02)
