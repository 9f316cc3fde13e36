"""What became of calls and requests, for /metrics."""

import uuid
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from actors.rpc import NobodyThere, Rpc
from actors.rpc.metrics import RpcCollector
from tests.actors.rpc.harness import Echo, Stage, Text, settings_for, two


def exposed(system) -> str:
    registry = CollectorRegistry()
    registry.register(RpcCollector(system))
    return generate_latest(registry).decode()


def test_calls_and_requests_are_counted_by_how_they_ended(tmp_path: Path) -> None:
    Echo.stage, Echo.service = Stage(), f"echo.{uuid.uuid4().hex}"
    with two(settings_for(tmp_path, "embedded:")) as (caller, server):
        caller.call("Say", Text(value="x"))
        with pytest.raises(NobodyThere):
            Rpc(caller.tree.system).call("nobody", "Say", Text())
        calls = exposed(caller.tree.system)
        assert 'rookery_rpc_calls_total{outcome="replied"} 1.0' in calls
        assert 'rookery_rpc_calls_total{outcome="NobodyThere"} 1.0' in calls
        assert "rookery_rpc_awaited 0.0" in calls
        requests = exposed(server.tree.system)
        assert 'rookery_rpc_requests_total{outcome="replied",service="echo"} 1.0' in requests
