"""What every test gets: the real servers, the corpus, and the proof that it left nothing behind.

A server that is missing fails the test, because a skipped test proves nothing; only the corpus may be absent.
"""

import os
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from tests.leaks import before, left_behind
from tests.servers import cluster, postgresql, rabbitmq

CHECKOUT = Path(__file__).resolve().parents[1]

# A slow machine is no failure, and the blob of a failing example can be replayed on another machine.
hypothesis.settings.register_profile("rookery", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", parent=hypothesis.settings.get_profile("rookery"), derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "rookery")


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    start = before()
    yield
    left = left_behind(start)
    if left:
        pytest.fail("the test left behind:\n" + "\n".join(left), pytrace=False)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of an empty database of this test's own, dropped afterwards whoever is still connected."""
    server = _service("ROOKERY_TEST_POSTGRES")
    name = sql.Identifier(f"test_{uuid.uuid4().hex}")
    _administer(server, sql.SQL("CREATE DATABASE {}").format(name))
    yield server.rpartition("/")[0] + "/" + name.as_string().strip('"')
    _administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="session")
def amqp_url() -> str:
    """URL of a RabbitMQ that all tests share: queue and exchange names must be the test's own."""
    return _service("ROOKERY_TEST_AMQP")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Path]:
    """An empty cluster that `own_postgres` copies."""
    with postgresql.empty_cluster() as folder:
        yield folder


@pytest.fixture
def own_postgres(postgres_cluster: Path) -> Iterator[postgresql.OwnPostgres]:
    """A PostgreSQL of the test's own, started; killed afterwards."""
    with postgresql.own_postgres(postgres_cluster) as server:
        yield server


@pytest.fixture
def own_rabbit() -> Iterator[rabbitmq.OwnRabbit]:
    """A RabbitMQ of the test's own, started; killed afterwards. It takes some seconds: prefer `amqp_url`."""
    with rabbitmq.own_rabbit() as server:
        yield server


@pytest.fixture
def rabbit_cluster() -> Iterator[cluster.RabbitCluster]:
    """Three RabbitMQ nodes of the test's own that are one broker."""
    with cluster.rabbit_cluster() as nodes:
        yield nodes


@pytest.fixture(scope="session")
def redis_url() -> str:
    """URL of a Redis that all tests share: keys must be the test's own."""
    return _service("ROOKERY_TEST_REDIS")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's executable, for Playwright's `executable_path`."""
    return Path(_service("ROOKERY_TEST_CHROMIUM"))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of real input, read in place."""
    folder = Path(os.environ.get("ROOKERY_CORPUS") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("the corpus is absent: set ROOKERY_CORPUS to its folder")
    return folder


def _administer(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True, connect_timeout=5) as connection:
        connection.execute(statement)


def _service(variable: str) -> str:
    value = os.environ.get(variable) or _services().get(variable)
    if not value:
        pytest.fail(f"{variable} is not set: run `make services`", pytrace=False)
    return value


@cache
def _services() -> dict[str, str]:
    file = CHECKOUT / "var" / "services" / "env"
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text().splitlines())
    return {key: value for key, _, value in pairs}
