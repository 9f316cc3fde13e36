"""The root as a real process: what it prints, how it obeys signals, and every exit code."""

import json
import signal
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from supervision.control import NoRoot
from supervision.control.server import MAX_THREADS
from supervision.errors import RookeryError
from tests.supervision.roots import PATIENCE, RootProcess, eventually, root


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def logged(one: RootProcess, text: str) -> None:
    eventually(lambda: text in one.log, f"{text!r} is not in the log:\n{one.log}")


# --- ready ------------------------------------------------------------------------------------------------------------


def test_ready_comes_with_the_address_and_the_first_time_with_the_token(home: Path) -> None:
    with root(home, "NEST", "SINGER") as one:
        token, ready = one.ready()
        assert token.startswith("token s0ng ")
        assert ready == "ready http://127.0.0.1:4711"
        one.signal(signal.SIGTERM)
        assert one.wait() == 0
    with root(home, "NEST", "SINGER") as one:
        assert one.ready() == ["ready http://127.0.0.1:4711"]
        assert "s0ng" not in one.log


def test_verbs_of_apps_and_of_the_operator_are_served(home: Path) -> None:
    with root(home, "NEST", settings=["nest.eggs=5"]) as one:
        one.ready()
        assert one.client.call("nest.echo", text="ü") == {"text": "ü", "eggs": 5}
        paths = [row["path"] for row in one.client.call("tree")["rows"]]
        assert paths == ["/", "/nest", "/nest/bird", "/nest/other"]


def test_the_operator_is_answered_while_verbs_and_actors_hang(home: Path) -> None:
    with root(home, "NEST", "ENDLESS") as one:
        one.ready()
        holders = [threading.Thread(target=hold, args=(one,)) for _ in range(MAX_THREADS + 2)]
        for holder in holders:
            holder.start()
        assert one.client.call("tree", timeout=2.0)["rows"]
        assert "threading.Event().wait(3600)" in one.client.call("info", timeout=2.0, path="/endless")["stack"]
        one.process.kill()
        for holder in holders:
            holder.join(PATIENCE)


def hold(one: RootProcess) -> None:
    with suppress(RookeryError):
        one.client.call("nest.hold", seconds=3600)


# --- exit codes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_ordered_stop_exits_0_and_leaves_no_socket(home: Path, number: signal.Signals) -> None:
    with root(home, "NEST", "SLOW") as one:
        one.ready()
        one.signal(number)
        assert one.wait() == 0
        assert not (home / "control.sock").exists()
        with pytest.raises(NoRoot):
            one.client.call("tree")


def test_a_signal_before_ready_is_an_ordered_stop_too(home: Path) -> None:
    with root(home, "NEST", "LATE") as one:
        eventually(lambda: state(one, "/late") == "starting", "the root starts its second app")
        one.signal(signal.SIGTERM)
        assert one.wait() == 0
        assert one.process.stdout is not None
        assert one.process.stdout.read() == ""


def state(one: RootProcess, path: str) -> str | None:
    with suppress(NoRoot):
        return next((str(row["state"]) for row in one.client.call("tree")["rows"] if row["path"] == path), None)
    return None


def test_stop_over_the_control_socket_is_an_ordered_stop(home: Path) -> None:
    with root(home, "NEST") as one:
        one.ready()
        one.client.call("stop", path="/")
        assert one.wait() == 0


def test_the_tree_can_be_read_during_the_stop(home: Path) -> None:
    with root(home, "NEST", "SLOW") as one:
        one.ready()
        one.signal(signal.SIGTERM)
        eventually(lambda: state(one, "/slow") == "stopping", "the tree shows the stop")
        assert one.wait() == 0


def test_the_limit_reached_exits_70(home: Path) -> None:
    with root(home, "FRAGILE") as one:
        assert one.wait() == 70
        assert "gives up: restart limit reached" in one.log
        assert "fell out of the nest" in one.log


def test_the_limit_reached_exits_70_even_with_threads_left_behind(home: Path) -> None:
    with root(home, "STUBBORN", "FRAGILE") as one:
        assert one.wait() == 70
        assert "left behind: /stubborn#" in one.log


def test_a_required_child_that_does_not_start_exits_70_with_its_reason(home: Path) -> None:
    with root(home, "NEST", "UNBORN") as one:
        assert one.wait() == 70
        assert "the egg is empty" in one.log


def test_a_start_that_fails_on_the_configuration_exits_78(home: Path) -> None:
    with root(home, "MISPLACED") as one:
        assert one.wait() == 78
        assert "nest.place: there is no such tree" in one.log


def test_bad_configuration_exits_78_with_one_line_per_fault(home: Path) -> None:
    with root(home, "NEST", settings=["nest.eggs=0", "nest.eg=1", "root.intensity=x"]) as one:
        assert one.wait() == 78
        assert one.log.splitlines() == [
            "root.intensity: must be a whole number",
            "nest.eggs: must be >= 1",
            'nest.eg: unknown key; did you mean "eggs"?',
        ]


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("NO_SPEC", "nospec: its supervisor is not a ChildSpec but a str"),
        ("COPYCAT", "two apps declare the verb nest.echo"),
    ],
)
def test_an_app_that_does_not_fit_exits_78(home: Path, app: str, message: str) -> None:
    with root(home, "NEST", app) as one:
        assert one.wait() == 78
        assert message in one.log


def test_actors_left_behind_exit_75_with_a_report_of_where_they_hang(home: Path) -> None:
    with root(home, "NEST", "STUBBORN") as one:
        one.ready()
        one.signal(signal.SIGTERM)
        assert one.wait() == 75
        assert "did not stop, left behind" in one.log
        assert "left behind: /stubborn#" in one.log
        assert "threading.Event().wait(3600)" in one.log


def test_an_ordered_stop_has_a_deadline(home: Path) -> None:
    with root(home, "ENDLESS", settings=["root.shutdown_seconds=0.5"]) as one:
        one.ready()
        one.signal(signal.SIGTERM)
        assert one.wait() == 75
        assert "took longer than root.shutdown_seconds" in one.log
        assert "left behind: /endless#" in one.log


def test_a_second_signal_stops_at_once(home: Path) -> None:
    with root(home, "ENDLESS", settings=["root.shutdown_seconds=600"]) as one:
        one.ready()
        one.signal(signal.SIGTERM)
        logged(one, "stopping in order")
        one.signal(signal.SIGTERM)
        assert one.wait() == 75
        assert "told again: stopping now" in one.log


def test_too_many_abandoned_threads_exit_75(home: Path) -> None:
    with root(home, "NEST", "STUBBORN", settings=["root.max_zombies=0"]) as one:
        one.ready()
        one.client.call("restart", path="/stubborn")
        assert one.wait() == 75
        assert "more than root.max_zombies" in one.log


def test_threads_that_nothing_interrupts_are_counted_until_they_are_too_many(home: Path) -> None:
    """In a wait, in a busy loop, in a C call: two are tolerated and shown, the third is one too many."""
    with root(home, "HARDHEADED", settings=["root.max_zombies=2"]) as one:
        one.ready()
        for number, id in enumerate(("stubborn", "spinner"), start=1):
            one.client.call("restart", path=f"/hardheaded/{id}")
            eventually(lambda: len(zombies(one)) == number, f"{number} zombies")  # noqa: B023
        assert zombies(one) == ["/hardheaded/stubborn", "/hardheaded/spinner"]
        one.client.call("restart", path="/hardheaded/deaf")
        assert one.wait() == 75
        assert "3 abandoned threads are more than root.max_zombies" in one.log
        assert "left behind: /hardheaded/spinner#" in one.log


def zombies(one: RootProcess) -> list[str]:
    return [str(zombie["path"]) for zombie in one.client.call("tree", timeout=20.0)["zombies"]]


# --- one root per home ------------------------------------------------------------------------------------------------


def test_a_second_root_in_the_same_home_is_refused_and_harms_nobody(home: Path) -> None:
    with root(home, "NEST") as one:
        one.ready()
        with root(home, "NEST") as other:
            assert other.wait() == 78
        assert f"another root runs in {home} (process {one.process.pid})" in other.log
        assert one.client.call("tree")["pid"] == one.process.pid


def test_a_killed_root_leaves_a_home_that_the_next_one_takes_over(home: Path) -> None:
    with root(home, "NEST") as one:
        one.ready()
        (home / "web.json").write_text('{"url": "http://127.0.0.1:1"}')
        one.process.kill()
        one.wait()
    assert (home / "control.sock").exists()
    with pytest.raises(NoRoot):
        one.client.call("tree")
    with root(home, "NEST") as next_one:
        next_one.ready()
        assert next_one.client.call("tree")["pid"] == next_one.process.pid
        assert not (home / "web.json").exists()


def test_what_a_root_writes_is_its_owners_alone(home: Path) -> None:
    with root(home, "SINGER") as one:
        one.ready()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [home, *home.iterdir()]}
    assert modes == {"home": 0o700, "token": 0o600, "control.sock": 0o600, "root.lock": 0o600}


# --- other signals ----------------------------------------------------------------------------------------------------


def test_sighup_checks_the_configuration_again_and_tells_what_changed(home: Path, tmp_path: Path) -> None:
    config = tmp_path / "nest.yaml"
    config.write_text("apps: ['tests.supervision.nest:NEST']\nnest: {eggs: 2, owner: '${OWNER:-s3cret}'}\n")
    with root(home, config=config) as one:
        one.ready()
        one.signal(signal.SIGHUP)
        logged(one, "nothing has changed")
        config.write_text("apps: ['tests.supervision.nest:NEST']\nnest: {eggs: 0, ownr: x}\nlgo: {}\n")
        one.signal(signal.SIGHUP)
        logged(one, "nest.eggs: must be >= 1")
        logged(one, 'nest.ownr: unknown key; did you mean "owner"?')
        logged(one, 'lgo: unknown key; did you mean "log"?')
        config.write_text("apps: [")
        one.signal(signal.SIGHUP)
        logged(one, "line 1, column 8")
        config.write_text("apps: ['tests.supervision.nest:NEST']\nnest: {eggs: 3, owner: t0psecret}\n")
        one.signal(signal.SIGHUP)
        logged(one, "changed: nest.eggs, nest.owner; restart the root to apply")
        assert one.client.call("nest.echo", text="still here")["eggs"] == 2
        assert "s3cret" not in one.log
        assert "t0psecret" not in one.log


def test_sigusr1_dumps_the_stack_of_every_thread(home: Path) -> None:
    with root(home, "NEST") as one:
        one.ready()
        one.signal(signal.SIGUSR1)
        for thread in ("MainThread", "/nest/bird#", "/nest/other#"):
            logged(one, thread)


def test_logs_can_be_json(home: Path) -> None:
    with root(home, "NEST", settings=["log.format=json", "log.level=debug"]) as one:
        one.ready()
        one.signal(signal.SIGTERM)
        assert one.wait() == 0
    lines = [json.loads(line) for line in one.log.splitlines()]
    started = [line["path"] for line in lines if line["event"] == "started"]
    assert started == ["/nest/bird", "/nest/other", "/nest"]
    stopped = [line["path"] for line in lines if line["event"] == "stopped"]
    assert stopped == ["/nest/other", "/nest/bird", "/nest"]
