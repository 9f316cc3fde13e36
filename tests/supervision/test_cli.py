import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from supervision.cli import main
from supervision.control import RemoteError
from tests.supervision.nest import HERE
from tests.supervision.roots import RootProcess, eventually, root


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the repository's config.yaml in the working directory, and without a home from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ROOKERY_HOME", raising=False)


@pytest.fixture
def nest(tmp_path: Path) -> Iterator[RootProcess]:
    with root(tmp_path / "home", "NEST", settings=["faults.enabled=true"]) as one:
        one.ready()
        yield one
        one.signal(signal.SIGTERM)
        assert one.wait() == 0


def rookery(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def printed(*arguments: str | Path) -> Any:
    result = rookery(*arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# --- the home ---------------------------------------------------------------------------------------------------------


def test_the_home_may_stand_before_or_after_the_command_or_in_the_environment(
    nest: RootProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = nest.process.pid
    assert printed("--home", nest.home, "tree", "--json")["pid"] == pid
    assert printed("tree", "--json", "--home", nest.home)["pid"] == pid
    assert printed("fault", "list", "--json", "--home", nest.home) == []
    assert printed("--home", nest.home, "fault", "list", "--json") == []
    monkeypatch.setenv("ROOKERY_HOME", str(nest.home))
    assert printed("tree", "--json")["pid"] == pid
    assert rookery("--home", "nowhere", "tree").exit_code == 1
    assert printed("--home", "nowhere", "tree", "--json", "--home", nest.home)["pid"] == pid


def test_the_default_home_is_var(nest: RootProcess) -> None:
    os.symlink(nest.home, "var")
    assert printed("tree", "--json")["pid"] == nest.process.pid


def test_without_a_root_there_is_one_line_and_exit_code_1() -> None:
    result = rookery("tree")
    assert result.exit_code == 1
    assert result.stderr == "The root cannot be reached: no root is running in var; start one with `rookery run`\n"


# --- the tree ---------------------------------------------------------------------------------------------------------


def test_tree_as_text_has_a_header_and_a_line_per_child(nest: RootProcess) -> None:
    header, titles, *lines = rookery("tree", "--home", nest.home).stdout.splitlines()
    assert header.startswith(f"{nest.home} (pid {nest.process.pid}): 2 processes, 2 supervisors, 0 restarts, depth 2,")
    assert titles.split() == [
        "child",
        "state",
        "uptime",
        "inc",
        "restarts",
        "mailbox",
        "next",
        "retry",
        "last",
        "reason",
    ]
    assert [line.split()[:2] for line in lines] == [
        ["/", "running"],
        ["└─", "nest/"],
        ["├─", "bird"],
        ["└─", "other"],
    ]


def test_tree_as_dot_draws_every_child(nest: RootProcess) -> None:
    lines = rookery("tree", "--format", "dot", "--home", nest.home).stdout.splitlines()
    assert lines[0] == "digraph rookery {"
    assert '  "/nest" -> "/nest/bird";' in lines
    assert lines[-1] == "}"


def test_info_shows_one_child_and_its_stack(nest: RootProcess) -> None:
    text = rookery("info", "/nest/bird", "--home", nest.home).stdout
    assert "state:              running" in text
    assert "in get" in text
    shown = printed("info", "/nest/bird", "--json", "--home", nest.home)
    assert (shown["path"], shown["type"], shown["parent"]) == ("/nest/bird", "worker", "/nest")


def test_a_wrong_path_is_told_with_the_nearest(nest: RootProcess) -> None:
    result = rookery("info", "/nest/bard", "--home", nest.home)
    assert result.exit_code == 1
    assert result.stderr == "No such path: nothing has the path /nest/bard; did you mean /nest/bird?\n"


# --- orders -----------------------------------------------------------------------------------------------------------


def row(nest: RootProcess, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = nest.client.call("info", path=path)
    return answer


def test_restart_starts_a_new_incarnation_without_spending_budget(nest: RootProcess) -> None:
    before = row(nest, "/nest/bird")
    assert rookery("restart", "/nest/bird", "--home", nest.home).stdout.startswith("/nest/bird is running, incarnation")
    after = row(nest, "/nest/bird")
    assert after["incarnation"] > before["incarnation"]
    assert row(nest, "/nest")["budget_left"] == 3


def test_a_supervisor_restarts_with_all_below(nest: RootProcess) -> None:
    before = row(nest, "/nest/bird")
    assert rookery("restart", "/nest", "--home", nest.home).exit_code == 0
    assert row(nest, "/nest/bird")["incarnation"] > before["incarnation"]


def test_stop_keeps_a_child_down_until_it_is_started(nest: RootProcess) -> None:
    assert rookery("stop", "/nest/bird", "--home", nest.home).stdout.startswith("/nest/bird is stopped")
    assert row(nest, "/nest/bird")["state"] == "stopped"
    assert rookery("start", "/nest/bird", "--home", nest.home).stdout.startswith("/nest/bird is running")
    result = rookery("start", "/nest/bird", "--home", nest.home)
    assert (result.exit_code, result.stderr) == (1, "Refused: path: /nest/bird is running\n")


def test_a_suspended_actor_answers_when_it_is_resumed(nest: RootProcess) -> None:
    assert rookery("suspend", "/nest/bird", "--home", nest.home).exit_code == 0
    with pytest.raises(RemoteError, match="did not answer within"):
        nest.client.call("nest.ask", timeout_seconds=0.2)
    assert rookery("resume", "/nest/bird", "--home", nest.home).exit_code == 0
    assert nest.client.call("nest.ask", timeout_seconds=10.0) == "question"


def test_the_root_cannot_be_restarted_but_stopped(nest: RootProcess) -> None:
    result = rookery("restart", "/", "--home", nest.home)
    assert result.exit_code == 1
    assert "the root itself cannot be restarted" in result.stderr
    assert rookery("stop", "/", "--home", nest.home).stdout == "the root has stopped\n"
    assert nest.wait() == 0


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_crash_on_purpose_restarts_its_target(nest: RootProcess) -> None:
    before = row(nest, "/nest/bird")
    text = rookery("fault", "add", "crash", "/nest/b*", "--home", nest.home).stdout
    assert text == "fault 1 matches 1 now: /nest/bird\n"
    eventually(lambda: row(nest, "/nest/bird")["incarnation"] > before["incarnation"], "a new incarnation")
    assert row(nest, "/nest/bird")["restarts_by_reason"] == {"injected": 1}
    listed = printed("fault", "list", "--json", "--home", nest.home)
    assert (listed[0]["pattern"], listed[0]["times"], listed[0]["struck"]) == ("/nest/b*", 1, {"/nest/bird": 1})
    assert rookery("fault", "list", "--home", nest.home).stdout.startswith("1: crash /nest/b* {'times': 1} struck 1")
    assert rookery("fault", "clear", "--home", nest.home).stdout == "1 cleared\n"
    assert rookery("fault", "list", "--home", nest.home).stdout == "no faults\n"


def test_every_and_probability_have_no_end_by_themselves(nest: RootProcess) -> None:
    add = ("fault", "add", "crash", "/nest/none", "--json", "--home", nest.home)
    assert printed(*add, "--every", "100") == {"id": 1, "matches": []}
    assert printed(*add, "--probability", "0.5", "--seed", "7", "--duration", "60") == {"id": 2, "matches": []}
    first, second = printed("fault", "list", "--json", "--home", nest.home)
    assert (first["times"], first["every"]) == (None, 100)
    assert (second["times"], second["probability"], second["seed"]) == (None, 0.5, 7)
    assert 0 < second["ends_in_seconds"] <= 60


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["crash", "nest"], "a pattern is a path and begins with '/'"),
        (["crash", "/x", "--times", "0"], "must be >= 1"),
        (["crash", "/x", "--probability", "2"], "must be between 0 and 1"),
    ],
)
def test_a_wrong_fault_is_refused(nest: RootProcess, arguments: list[str], message: str) -> None:
    result = rookery("fault", "add", *arguments, "--home", nest.home)
    assert result.exit_code == 1
    assert message in result.stderr


def test_faults_are_off_unless_the_configuration_allows_them(tmp_path: Path) -> None:
    with root(tmp_path / "safe", "NEST") as one:
        one.ready()
        result = rookery("fault", "add", "crash", "/nest/bird", "--home", one.home)
        assert result.exit_code == 1
        assert "faults.enabled: true" in result.stderr


# --- check and the rest -----------------------------------------------------------------------------------------------


def with_apps(*names: str) -> list[str]:
    return ["--set", f"apps={json.dumps([f'{HERE}:{name}' for name in names])}"]


def test_check_shows_the_tree_and_tries_the_connections() -> None:
    result = rookery("check", *with_apps("REACHING"), "--set", "nest.owner=ada")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "configuration: 1 apps, no fault",
        "tree: 4 children",
        f"  {'/':<48} supervisor, permanent, required",
        f"  {'/nest':<48} supervisor, permanent, required",
        f"  {'/nest/bird':<48} worker, permanent, required",
        f"  {'/nest/other':<48} worker, permanent, required",
        "connection: nest: tree: reachable",
        "connection: nest: owner: reachable",
    ]


def test_check_fails_on_what_cannot_be_reached() -> None:
    result = rookery("check", *with_apps("REACHING"))
    assert result.exit_code == 1
    assert result.stderr == "Not reachable: owner: nobody answers\n"


def test_check_reads_the_file_and_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(f"apps: ['{HERE}:NEST']\nnest: {{eggs: 0}}\n")
    result = rookery("check", "-c", "other.yaml")
    assert (result.exit_code, result.stderr) == (78, "nest.eggs: must be >= 1\n")
    (tmp_path / "config.yaml").write_text(f"apps: ['{HERE}:NEST']\nnest: [\n")
    result = rookery("check")
    assert result.exit_code == 78
    assert result.stderr.startswith("config.yaml: line 3, column 1: ")


def test_check_finds_what_only_composing_shows() -> None:
    result = rookery("check", *with_apps("NEST", "COPYCAT"))
    assert (result.exit_code, result.stderr) == (78, "two apps declare the verb nest.echo\n")


def test_apps_bring_their_commands(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"apps: ['{HERE}:CALLER', 'no.such.app']\n")
    result = rookery("call", "--home", "x")
    assert (result.exit_code, result.stdout) == (0, "calling x\n")
    assert result.stderr == "warning: no.such.app: no module named no\n"
    assert rookery("--home", "y", "call").stdout == "calling y\n"
    assert "call" in rookery("--help").stdout
    assert rookery("shout").exit_code == 2


def test_the_version_is_that_of_the_distribution() -> None:
    assert rookery("--version").stdout.startswith("rookery, version ")


def leaves(command: click.Command, path: str = "rookery") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from leaves(child, f"{path} {name}")


def test_every_command_of_the_default_apps_takes_a_home() -> None:
    found = dict(leaves(main))
    assert {"rookery run", "rookery event send", "rookery people import", "rookery email outbox"} <= found.keys()
    without = [path for path, command in found.items() if "home" not in {one.name for one in command.params}]
    assert without == []
