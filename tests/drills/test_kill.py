"""kill -9 in the middle: whatever was accepted arrives, and a second copy is possible only where the ledger doubts."""

import random
from pathlib import Path

import pytest

from tests.drills.flow import Flow, flowing, reset, update
from tests.drills.site import Site, eventually, site

pytestmark = pytest.mark.timeout(180)

EVENTS = 2000
KILLS = 3


def kill_at_random_moments(here: Site, seed: int, flow: Flow, events: int) -> set[str]:
    """Kill and start again whenever so many more mails have arrived; the keys of all mails that were accepted."""
    rng = random.Random(seed)
    for moment in sorted(rng.sample(range(20, events - 200), KILLS)):
        eventually(lambda moment=moment: here.arrived() >= moment, 40.0, f"{moment} mails")  # type: ignore[misc]
        here.kill()
        here.start()
    return flow.wait()


@pytest.mark.parametrize("seed", [1, 2])
def test_transactional_mail_survives(tmp_path: Path, seed: int) -> None:
    with site(tmp_path / "home") as here:
        here.start()
        with flowing(here, [reset(number) for number in range(EVENTS)], seconds=120.0) as flow:
            keys = kill_at_random_moments(here, seed, flow, EVENTS)
        assert len(keys) == EVENTS
        eventually(lambda: keys <= here.copies().keys(), 60.0, "all mails in the outbox")
        copies, doubted = here.copies(), here.doubted()
        assert copies.keys() == keys
        assert {key for key, count in copies.items() if count > 1} <= doubted
        assert len(doubted) < EVENTS / 4
        assert here.stop() == 0


def test_bulk_mail_in_doubt_is_not_sent_again(tmp_path: Path) -> None:
    with site(tmp_path / "home") as here:
        here.start()
        with flowing(here, [update(number) for number in range(1000)], seconds=120.0) as flow:
            keys = kill_at_random_moments(here, 3, flow, 1000)
        assert len(keys) == 1000
        eventually(lambda: keys <= here.copies().keys() | here.doubted(), 60.0, "each mail arrived or in doubt")
        assert set(here.copies().values()) == {1}
        assert here.copies().keys() <= keys
        assert here.stop() == 0
