"""What was handed over stands in the log before it goes out, and only what is good goes out."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.sms.limits.charge import Charge, Granted
from apps.sms.limits.limit import Calendar, Limit, Scope, Sliding
from apps.sms.limits.log import Handed, HandoverLog
from apps.sms.limits.verifier import verify
from supervision.testing import FakeClock

LIMITS = [
    Limit("acme", Scope("carrier", "*"), 10, Sliding(1.0)),
    Limit("day", Scope("carrier", "*"), 9, Calendar("UTC")),
]
DAY = 86_400.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_790_000_000.0)


def handed(clock: FakeClock, text: str = "t", good_seconds: float = 0.005) -> Handed:
    good_until = int((clock.monotonic() + good_seconds) * 1e6)
    return Handed(text, 1, Charge((("carrier", "acme"), ("number", "+1")), 2), Granted(good_until, ("acme", "day")))


def open_log(folder: Path, clock: FakeClock, epoch: int = 7, keep_days: float = 30.0) -> HandoverLog:
    return HandoverLog(folder, LIMITS, epoch, "machine:1", clock, keep_days)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]


def test_the_first_line_says_the_limits_and_each_hand_over_what_it_cost(tmp_path: Path, clock: FakeClock) -> None:
    log = open_log(tmp_path / "sms" / "handovers", clock)
    clock.advance(2.5)
    assert len(log.write([handed(clock, "a"), handed(clock, "b")])) == 2
    head, first, _ = lines_of(tmp_path / "sms" / "handovers")
    assert [limit["name"] for limit in head["limits"]] == ["acme", "day"]
    assert (head["epoch"], head["holder"]) == (7, "machine:1")
    assert first == {
        "at_us": 1_790_000_002_500_000,
        "mono_us": 1_790_000_002_500_000,
        "epoch": 7,
        "text": "a",
        "piece": 1,
        "segments": 2,
        "messages": 1,
        "keys": [["carrier", "acme"], ["number", "+1"]],
        "limits": ["acme", "day"],
    }
    log.close()


def test_a_grant_that_is_no_longer_good_is_not_written(tmp_path: Path, clock: FakeClock) -> None:
    log = open_log(tmp_path, clock)
    late, good = handed(clock, "late", 0.001), handed(clock, "good", 1.0)
    clock.advance(0.1)
    assert log.write([late, good]) == (good,)
    assert [line.get("text") for line in lines_of(tmp_path)] == [None, "good"]
    log.close()


def test_what_the_disk_held_up_for_too_long_does_not_go_out(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, write = open_log(tmp_path, clock), os.write
    monkeypatch.setattr(os, "write", lambda file, data: (clock.advance(1.0), write(file, data))[1])
    assert log.write([handed(clock)]) == ()
    log.close()


def test_each_day_has_its_file_and_a_clock_set_back_makes_none(tmp_path: Path, clock: FakeClock) -> None:
    log = open_log(tmp_path, clock)
    clock.advance(DAY)
    log.write([handed(clock, "next day")])
    clock.advance(-DAY)
    log.write([handed(clock, "set back", 2 * DAY)])
    files = sorted(tmp_path.glob("handovers-*.jsonl"))
    assert [file.name[10:27] for file in files] == ["2026-09-21-000007", "2026-09-22-000007"]
    assert [json.loads(line).get("text") for line in files[1].read_text().splitlines()] == [
        None,
        "next day",
        "set back",
    ]
    log.close()


def test_old_files_are_removed_and_strangers_stay(tmp_path: Path, clock: FakeClock) -> None:
    for name in ("handovers-2026-09-10-000001-x.jsonl", "handovers-2026-09-20-000001-x.jsonl", "2026-01-01.jsonl"):
        (tmp_path / name).touch()
    open_log(tmp_path, clock, keep_days=5).close()
    assert sorted(path.name[:20] for path in tmp_path.iterdir()) == [
        "2026-01-01.jsonl",
        "handovers-2026-09-20",
        "handovers-2026-09-21",
    ]


def test_a_full_disk_lets_nothing_out_and_leaves_no_half_a_line(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, write = open_log(tmp_path, clock), os.write
    before = lines_of(tmp_path)

    def full(file: int, data: bytes) -> int:
        if len(data) < 50:
            raise OSError(errno.ENOSPC, "no space")
        return write(file, data[:-20])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="no space"):
            log.write([handed(clock)])
    assert lines_of(tmp_path) == before
    assert len(log.write([handed(clock)])) == 1
    log.close()


def test_files_of_one_life_and_changed_limits_are_judged_together(tmp_path: Path, clock: FakeClock) -> None:
    log = open_log(tmp_path, clock)
    log.write([handed(clock)])
    log.change([Limit("acme", Scope("carrier", "*"), 1, Sliding(1.0))])
    clock.advance(DAY)
    log.write([handed(clock)])
    log.close()
    logs = {path.name: path.read_text().splitlines(keepends=True) for path in sorted(tmp_path.iterdir())}
    verdict = verify(logs)
    assert [(one.name, one.amount, one.verdict) for one in verdict.limits] == [
        ("acme", 1, "refuted"),
        ("acme", 10, "proven"),
        ("day", 9, "proven"),
    ]
    assert (verdict.lives, verdict.handovers) == (1, 2)


WRITER = """
import os, signal, sys
from pathlib import Path
from supervision import SystemClock
from tests.apps.sms.limits.test_log import handed, open_log
clock = SystemClock()
log = open_log(Path(sys.argv[1]), clock)
assert len(log.write([handed(clock, "last words", 5.0)])) == 1
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_written_survives_the_death_of_the_process(tmp_path: Path) -> None:
    checkout = Path(__file__).resolve().parents[4]
    done = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], cwd=checkout, timeout=30)
    assert done.returncode == -9
    assert lines_of(tmp_path)[-1]["text"] == "last words"
