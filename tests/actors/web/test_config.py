from pathlib import Path

import pytest

from actors.web.config import is_loopback
from supervision.config import check
from supervision.errors import ConfigError


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "rookery.example"])
def test_listening_on_other_addresses_must_be_meant(host: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^console: .*allow_remote"):
        check({"apps": ["actors.web"], "console": {"host": host}}, tmp_path, {})
    allowed = {"apps": ["actors.web"], "console": {"host": host, "allow_remote": True}}
    assert check(allowed, tmp_path, {}).section("console").host == host


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_is_a_port(port: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^console.port: must be"):
        check({"apps": ["actors.web"], "console": {"port": port}}, tmp_path, {})


@pytest.mark.parametrize(
    ("host", "loopback"), [("localhost", True), ("127.0.0.5", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)]
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
