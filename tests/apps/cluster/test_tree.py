"""Two roots on one broker see each other's trees, and see when one of them is gone."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors import broker, rpc
from actors.broker import Broker
from actors.broker.config import BrokerConfig
from actors.broker.specs import supervisor as broker_spec
from actors.rpc.config import RpcConfig
from actors.rpc.specs import supervisor as rpc_spec
from apps import cluster
from apps.cluster.config import Cluster
from apps.cluster.identity import identity
from apps.cluster.service import tree_dict, tree_message
from apps.cluster.signs import BEAT, sign_message
from apps.cluster.supervisor import supervisor
from apps.cluster.verbs import TreeParams, tree
from apps.contracts.roots_pb2 import Root
from supervision import FaultRule, TerminateChild, operations, render
from supervision.config import Settings
from supervision.testing import PATIENCE_SECONDS, running
from supervision.verbs import NoParams, Site


@contextmanager
def root(home: Path, url: str) -> Iterator[Site]:
    home.mkdir(exist_ok=True)
    sections: dict[str, Any] = {
        "broker": BrokerConfig.model_validate({"url": url, "poll_seconds": 0.02}),
        "rpc": RpcConfig.model_validate({"linger_seconds": 0.3}),
        "cluster": Cluster.model_validate({"heartbeat_seconds": 0.1}),
    }
    settings = Settings(home, {}, (broker.APP, rpc.APP, cluster.APP), sections)
    with running(broker_spec(settings), rpc_spec(settings), supervisor(settings)) as app:
        for path in ("/broker/publisher", "/rpc/replies", "/cluster/consumer", "/cluster/rpc/consumer"):
            app.wait_state(path, "running")
        yield Site(app.system, settings)


def shared(tmp_path: Path, url: str) -> str:
    return f"embedded:{tmp_path / 'shared.sqlite'}" if url == "embedded:" else url


def states(site: Site) -> dict[str, str]:
    return {Path(one["home"]).name: one["state"] for one in tree(site, TreeParams(timeout_seconds=0.5))["roots"]}


def until(site: Site, wanted: dict[str, str]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.05)):
        if (found := states(site)) == wanted:
            return
        pause.wait(0.05)
    raise AssertionError(f"{found} instead of {wanted}")


def test_roots_on_one_broker_show_each_others_trees(tmp_path: Path, broker_url: str) -> None:
    url = shared(tmp_path, broker_url)
    with root(tmp_path / "a", url) as here, root(tmp_path / "b", url) as there:
        until(here, {"a": "there", "b": "there"})
        until(there, {"a": "there", "b": "there"})
        (other,) = (one for one in tree(here, TreeParams())["roots"] if one["home"].endswith("/b"))
        rows = {row["path"]: row for row in other["tree"]["rows"]}
        assert rows.keys() == {row.path for row in there.system.tree.rows()}
        assert rows["/cluster/member"]["incarnation"] == there.system.tree.get("/cluster/member").incarnation


def test_a_root_that_stops_in_order_is_not_missing(tmp_path: Path, broker_url: str) -> None:
    url = shared(tmp_path, broker_url)
    with root(tmp_path / "a", url) as here:
        with root(tmp_path / "b", url):
            until(here, {"a": "there", "b": "there"})
        until(here, {"a": "there"})


def test_a_root_that_falls_silent_is_missing_with_its_last_sign(tmp_path: Path, broker_url: str) -> None:
    url = shared(tmp_path, broker_url)
    with root(tmp_path / "a", url) as here, root(tmp_path / "b", url) as there:
        until(here, {"a": "there", "b": "there"})
        there.system.faults.enabled = True
        for path in ("/cluster/member", "/cluster/rpc/server"):
            there.system.faults.add(FaultRule("hang", path))
        until(here, {"a": "there", "b": "missing"})
        answer = tree(here, TreeParams(timeout_seconds=0.5))
        (missing,) = (one for one in answer["roots"] if one["state"] == "missing")
        assert missing["tree"] is None and 0 < answer["at"] - missing["last_sign_at"] < 10.0
        assert "MISSING, last sign" in render.root_line(missing, answer["at"])
        there.system.faults.clear()
        until(here, {"a": "there", "b": "there"})


def test_two_roots_with_one_identity_are_warned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with root(tmp_path / "a", "embedded:") as here:
        until(here, {"a": "there"})
        assert "second root" not in caplog.text, "its own signs are no other's"
        twin = Root()
        twin.CopyFrom(identity(tmp_path / "a"))
        twin.pid += 1
        for _ in range(2):
            Broker(here.system).publish([sign_message(twin, BEAT)])
        heard = threading.Event()
        for _ in range(int(PATIENCE_SECONDS / 0.05)):
            if "second root" in caplog.text:
                break
            heard.wait(0.05)
        assert caplog.text.count(f"a second root says it is {twin.id}") == 1


def test_without_a_broker_a_root_shows_itself(tmp_path: Path) -> None:
    with root(tmp_path / "a", "embedded:") as here:
        here.system.address("/broker").call(TerminateChild("publisher"))
        assert states(here) == {"a": "there"}


def test_a_tree_travels_without_loss(tmp_path: Path) -> None:
    with root(tmp_path / "a", "embedded:") as here:
        sent = json.loads(json.dumps(operations.tree(here, NoParams())))
        got = tree_dict(tree_message(sent))
    for mine, theirs in zip(sent["rows"], got["rows"], strict=True):
        if mine["budget"]:
            del mine["budget"]["times"]
        assert theirs == mine
    assert render.header(got) == render.header(sent)
