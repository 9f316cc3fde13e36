"""Which apps run where, from the configuration; no process is started."""

import os
from pathlib import Path
from typing import Any

import pytest

from supervision.composition import root_spec, specs
from supervision.config import check
from supervision.errors import ConfigError
from supervision.node import Node


def paths(count: Any) -> list[str]:
    spec = root_spec(check({"nodes": {"count": count}}, Path("home")))
    return [path for path, _ in specs(spec)]


def test_without_nodes_everything_is_in_the_root() -> None:
    found = paths(0)
    assert "/email/transactional/dispatcher" in found
    assert not [path for path in found if "node" in path]


def test_with_nodes_the_mails_are_made_there_with_what_they_need() -> None:
    found = paths(2)
    assert [path for path in found if path.count("/") == 1 and path != "/"] == [
        "/database", "/broker", "/rpc", "/mta", "/cluster", "/nodes", "/demo", "/web"
    ]  # fmt: skip
    for node in ("/nodes/node-1", "/nodes/node-2"):
        assert [path for path in found if path.startswith(node) and path.count("/") == 3] == [
            f"{node}/database", f"{node}/broker", f"{node}/rpc", f"{node}/people", f"{node}/email",
            f"{node}/sms",
        ]  # fmt: skip
        assert f"{node}/email/transactional/dispatcher" in found


def test_auto_is_one_per_core() -> None:
    nodes = [path for path in paths("auto") if path.startswith("/nodes/") and path.count("/") == 2]
    assert len(nodes) == len(os.sched_getaffinity(0))


def test_nodes_do_not_hold_up_the_boot_and_know_the_limits() -> None:
    settings = check({"nodes": {"count": 1, "memory_limit_bytes": 1000, "max_zombies": 3}}, Path("home"))
    (node,) = [spec for _, spec in specs(root_spec(settings)) if spec.actor is Node]
    options = node.args[1]
    assert (node.start, options.memory_limit_bytes, options.max_zombies) == ("eventual", 1000, 3)
    measured = {name.partition(":")[0] for name in options.collectors}
    assert {"actors.database.metrics", "actors.rpc.metrics", "apps.email.metrics"} <= measured
    assert not {name for name in measured if name.startswith(("actors.web", "apps.console"))}  # the root's own


@pytest.mark.parametrize("count", [-1, "many", 1.5])
def test_a_wrong_count_is_named(count: Any) -> None:
    with pytest.raises(ConfigError, match=r"nodes\.count"):
        check({"nodes": {"count": count}}, Path("home"))
