"""The network's file may be read at any time, also while it is made."""

from pathlib import Path

from actors.carrier.simulated import phones, watcher
from actors.carrier.simulated.network import opened


def test_a_file_that_is_not_there_or_not_finished_yet_reads_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "phones.sqlite"
    assert not phones.numbers(path) and not watcher.watched(path)
    path.touch()
    assert not phones.numbers(path) and not watcher.watched(path)
    with opened(path):
        assert not phones.numbers(path) and not watcher.watched(path)
