"""`rookery fault ...` on a real root: every option arrives, every refusal names its field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from supervision.cli import main
from tests.supervision.roots import RootProcess, eventually, root


@pytest.fixture
def nest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RootProcess]:
    monkeypatch.chdir(tmp_path)
    with root(tmp_path / "home", "NEST", settings=["faults.enabled=true"]) as one:
        one.ready()
        yield one


def fault(nest: RootProcess, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["fault", *arguments, "--home", str(nest.home)])


def printed(nest: RootProcess, *arguments: str) -> Any:
    result = fault(nest, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_kind_can_be_added_and_is_listed_with_what_was_said(nest: RootProcess) -> None:
    printed(nest, "add", "slow", "/nest/none", "--seconds", "1.5", "--jitter", "0.5", "--after", "3")
    printed(nest, "add", "leak", "/nest/none", "--bytes", "1000", "--every", "2")
    printed(nest, "add", "crash", "/nest/none", "--exception", "SystemExit", "--leashed")
    printed(nest, "add", "hang", "/nest/none", "--stubborn")
    printed(nest, "add", "fail-start", "/nest/none", "--times", "3")
    for kind in ("refuse-stop", "drop", "fill-mailbox", "kill-node", "stop-node"):
        printed(nest, "add", kind, "/nest/none")
    printed(nest, "add", "pause-node", "/nest/**", "--seconds", "2")
    listed = {one["kind"]: one for one in printed(nest, "list")}
    assert (listed["slow"]["seconds"], listed["slow"]["jitter_seconds"], listed["slow"]["after"]) == (1.5, 0.5, 3)
    assert (listed["leak"]["bytes"], listed["leak"]["every"], listed["leak"]["times"]) == (1000, 2, None)
    assert (listed["crash"]["exception"], listed["crash"]["leashed"]) == ("SystemExit", True)
    assert listed["hang"]["stubborn"] and listed["fail-start"]["times"] == 3
    no_end = {kind for kind, one in listed.items() if one["times"] is None}
    assert no_end == {"slow", "leak", "refuse-stop", "drop"}
    text = fault(nest, "list").stdout
    assert "1: slow /nest/none {'after': 3, 'seconds': 1.5, 'jitter_seconds': 0.5} struck 0 times" in text
    assert fault(nest, "clear", "1").stdout == "1 cleared\n"
    assert fault(nest, "clear").stdout == "10 cleared\n"


def test_only_nodes_match_a_node_fault(nest: RootProcess) -> None:
    assert printed(nest, "add", "kill-node", "/**")["matches"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["slow", "/x"], "slow cannot do without it"),
        (["crash", "/x", "--bytes", "5"], "means nothing to crash"),
        (["kill-node", "/x", "--every", "5"], "strikes once, at once"),
        (["crash", "/x", "--exception", "Oops"], "Oops is not an exception"),
        (["explode", "/x"], "is not one of"),
    ],
)
def test_a_wrong_fault_is_refused(nest: RootProcess, arguments: list[str], message: str) -> None:
    result = fault(nest, "add", *arguments)
    assert result.exit_code != 0 and message in result.stderr


def test_almost_kill_spares_the_root_and_leaves_no_orphans(nest: RootProcess) -> None:
    def incarnations() -> dict[str, int]:
        return {
            row["path"]: row["incarnation"] for row in nest.client.call("tree")["rows"] if row["state"] == "running"
        }

    before = incarnations()
    answer = printed(nest, "almost-kill", "--seed", "7")
    assert answer["spared"] == {} and set(answer["struck"]) <= set(before) - {"/"}
    eventually(lambda: set(incarnations()) == set(before), "everything up again")
    assert all(number > before[path] for path, number in incarnations().items() if path != "/")
    assert incarnations()["/"] == before["/"]
    assert printed(nest, "orphans") == []
    assert fault(nest, "orphans").stdout == "no orphans\n"
