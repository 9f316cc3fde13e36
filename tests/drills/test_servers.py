"""Rookery on RabbitMQ and PostgreSQL as on its embedded servers: kill -9 of the database, of a node, of the root."""

import os
import signal
from pathlib import Path

import pytest

from tests.drills.servers import missing, reasons, site_on, survive
from tests.drills.site import eventually
from tests.drills.test_nodes import nodes
from tests.servers.postgresql import OwnPostgres

pytestmark = pytest.mark.timeout(150)


def test_kill_9_of_postgresql(tmp_path: Path, vhost: str, own_postgres: OwnPostgres) -> None:
    database = own_postgres.url.render_as_string(hide_password=False)
    with site_on(tmp_path / "home", vhost, database) as here:

        def fault() -> None:
            own_postgres.kill()
            assert eventually(lambda: missing(here).get("database"), 20.0, "the database is missed")
            assert here.get("/healthz").status_code == 200
            own_postgres.start()

        survive(here, fault)
        assert "connection refused" in reasons(here, "/database/pool").lower()
        assert here.rows()["/"]["incarnation"] == 1
        assert here.stop() == 0


def test_kill_9_of_a_node_and_of_the_root(tmp_path: Path, vhost: str, postgres_url: str) -> None:
    with site_on(tmp_path / "home", vhost, postgres_url, "nodes.count=2") as here:

        def fault() -> None:
            os.kill(eventually(lambda: nodes(here).get("/nodes/node-1"), 20.0, "a node"), signal.SIGKILL)
            assert "SIGKILL" in eventually(lambda: reasons(here, "/nodes/node-1"), 20.0, "another node")
            here.kill()
            here.start()

        survive(here, fault)
        assert here.stop() == 0
