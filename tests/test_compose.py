"""compose.yaml as Docker's own tool reads it: servers for trying things out, on loopback, whose data last."""

import os
import re
import shutil
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from tests.conftest import CHECKOUT

SERVERS = {"rabbitmq": 5672, "postgres": 5432, "redis": 6379}


@cache
def tool() -> list[str]:
    """`docker compose`, or what Debian has of it; neither needs an engine for this."""
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    assert shutil.which("docker-compose"), "neither docker compose nor docker-compose is installed: run `make services`"
    return ["docker-compose"]


def read(**environment: str) -> dict[str, Any]:
    """The services as they would be started."""
    done = subprocess.run(
        [*tool(), "--file", str(CHECKOUT / "compose.yaml"), "config"],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return services


def host_port(service: dict[str, Any]) -> tuple[str, int]:
    (port,) = service["ports"]
    if isinstance(port, dict):  # the newer tool's way to say the same
        return port["host_ip"], int(port["published"])
    host, published, _ = port.split(":")
    return host, int(published)


def test_it_starts_the_servers_of_the_tests_on_loopback_and_knows_when_they_are_ready() -> None:
    services = read()
    assert {name: host_port(service) for name, service in services.items()} == {
        name: ("127.0.0.1", port) for name, port in SERVERS.items()
    }
    for name, service in services.items():
        assert re.fullmatch(r"\w+:\d+(\.\d+)?", service["image"]), name
        assert service["healthcheck"]["test"][0] == "CMD"
        assert len(service["volumes"]) == 1


@pytest.mark.parametrize("page", ["compose.yaml", "README.md"])
def test_the_addresses_that_we_print_lead_to_them(page: str) -> None:
    services = read()
    rabbit, postgres = services["rabbitmq"]["environment"], services["postgres"]["environment"]
    rabbit_login = (rabbit["RABBITMQ_DEFAULT_USER"], rabbit["RABBITMQ_DEFAULT_PASS"], 5672, "/")
    postgres_login = (*(postgres[f"POSTGRES_{key}"] for key in ("USER", "PASSWORD")), 5432, postgres["POSTGRES_DB"])
    printed = re.findall(r"(?:broker|database)\.url=(\S+@127\.0\.0\.1\S*)", (CHECKOUT / page).read_text())
    assert printed or page != "compose.yaml"
    for url in map(make_url, printed):
        assert (url.username, url.password, url.port, url.database) in (rabbit_login, postgres_login)


def test_passwords_and_ports_come_from_the_environment() -> None:
    names = [f"ROOKERY_{name.upper()}_{what}" for name in SERVERS for what in ("PASSWORD", "PORT")]
    values = {name: "s3cret" if name.endswith("PASSWORD") else str(20000 + at) for at, name in enumerate(names)}
    services = read(**values)
    for name, service in services.items():
        assert "s3cret" in service["environment"].values()
        assert host_port(service)[1] == int(values[f"ROOKERY_{name.upper()}_PORT"])
