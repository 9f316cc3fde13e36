"""Real processes, stopped, continued and killed: never two at work."""

import os
import signal
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

from sqlalchemy import URL

CHECKOUT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 25.0


def start(url: URL, log: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.actors.lease.worker", url.render_as_string(hide_password=False), str(log)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE)


def effects(log: Path) -> list[tuple[int, int]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [(int(epoch), int(at)) for epoch, at in map(str.split, lines)]


def wait_for(epoch: int, log: Path, count: int = 5) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.02)):
        if sum(one == epoch for one, _ in effects(log)) >= count:
            return
        pause.wait(0.02)
    raise AssertionError(f"epoch {epoch} did nothing: {effects(log)[-3:]}")


def test_a_holder_that_is_stopped_and_continued_does_nothing_more(database_url: URL, tmp_path: Path) -> None:
    log = tmp_path / "effects"
    workers = [start(database_url, log)]
    try:
        wait_for(1, log)
        workers.append(start(database_url, log))
        os.kill(workers[0].pid, signal.SIGSTOP)
        wait_for(2, log)
        os.kill(workers[0].pid, signal.SIGCONT)
        wait_for(2, log, count=200)
        workers[1].kill()
        wait_for(3, log)
    finally:
        for one in workers:
            one.send_signal(signal.SIGCONT)
            assert one.stdin is not None
            one.stdin.close()
        codes = [one.wait(PATIENCE_SECONDS) for one in workers]
    assert codes == [0, -9]
    in_order = sorted(effects(log), key=lambda effect: effect[1])
    assert all(before[0] <= after[0] for before, after in pairwise(in_order)), "two were at work at once"
    assert {epoch for epoch, _ in in_order} == {1, 2, 3}
