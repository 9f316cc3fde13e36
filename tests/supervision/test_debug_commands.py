import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from supervision.cli import main
from supervision.control import client
from tests.supervision.roots import eventually, root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One root for all; each test looks at it and leaves it as it was."""
    with root(tmp_path_factory.mktemp("root") / "home", "NEST", "STUBBORN") as one:
        one.ready()
        yield one.home
        one.signal(signal.SIGKILL)


@pytest.fixture
def nest(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    return home


def rookery(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_state_shows_what_an_actor_says_of_itself(nest: Path) -> None:
    text = rookery("state", "/nest", "--home", nest).stdout
    assert text.startswith("/nest incarnation ")
    assert 'children:            {"bird": "running", "other": "running"}' in text
    shown = json.loads(rookery("state", "/nest/bird", "--json", "--home", nest).stdout)
    assert (shown["class"], shown["module"], shown["state"]) == ("Bird", "tests.supervision.nest", {})


def test_an_actor_that_hangs_is_told_with_its_stack(nest: Path) -> None:
    result = rookery("state", "/stubborn", "--timeout", "0.1", "--home", nest)
    assert result.exit_code == 1
    assert "/stubborn did not answer within 0.1 s; it has had one message in hand for" in result.stderr
    assert "threading.Event().wait(3600)" in result.stderr


def test_info_answers_also_for_an_actor_that_hangs(nest: Path) -> None:
    text = rookery("info", "/stubborn", "--home", nest).stdout
    assert "inside:             The actor hangs: /stubborn did not answer within 0.5 s" in text
    assert "threading.Event().wait(3600)" in text


def test_stats_count_while_they_are_on(nest: Path) -> None:
    assert rookery("stats", "/nest/other", "--home", nest).stdout.startswith("no statistics; switch them on")
    assert rookery("stats", "/nest/other", "on", "--home", nest).exit_code == 0
    eventually(
        lambda: json.loads(rookery("stats", "/nest/other", "--json", "--home", nest).stdout) != "no_statistics", "on"
    )
    assert rookery("stats", "/nest/other", "show", "--home", nest).stdout.startswith("0 messages (0.0/s), 0 answers")
    assert "statistics:         0 messages" in rookery("info", "/nest/other", "--home", nest).stdout
    assert rookery("stats", "/nest/other", "off", "--home", nest).exit_code == 0


def test_trace_prints_what_passes_and_leaves_nothing_on(nest: Path) -> None:
    traced: list[Result] = []
    watcher = threading.Thread(
        target=lambda: traced.append(rookery("trace", "/nest/bird", "--seconds", "1.5", "--json", "--home", nest))
    )
    watcher.start()
    root_client = client(nest)
    eventually(lambda: root_client.call("info", path="/nest/bird")["instruments"] is not None, "observed")
    root_client.call("nest.ask", timeout_seconds=5.0)
    watcher.join(20.0)
    lines = [json.loads(line) for line in traced[0].stdout.splitlines()]
    assert [(line["number"], line["direction"], line["message"]) for line in lines] == [
        (1, "in", "question"),
        (2, "out", "question"),
    ]
    eventually(lambda: root_client.call("info", path="/nest/bird")["instruments"] is None, "no longer observed")


def test_top_prints_one_frame_over_a_window(nest: Path) -> None:
    lines = rookery("top", "--once", "--window", "0.2", "--home", nest).stdout.splitlines()
    assert f"{nest} (pid " in lines[0]
    assert lines[0].endswith("0 restarts/min, 0 not running")
    assert [line.split()[0] for line in lines[1:3]] == ["child", "/"]
    bird = next(line.split() for line in lines if "─ bird" in line)
    assert bird[3] == "running"
    assert bird[6:] == ["0", "0", "0", "0", "0", "-"]
    only = rookery("top", "--once", "--window", "0", "--filter", "other", "--home", nest).stdout.splitlines()
    assert [line.split()[0] for line in only[1:]] == ["child", "/nest/other"]


def test_top_says_that_nobody_is_there(tmp_path: Path) -> None:
    result = rookery("top", "--once", "--home", tmp_path)
    assert result.exit_code == 1
    assert "no root is running" in result.stderr
