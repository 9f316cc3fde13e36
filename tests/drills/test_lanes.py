"""A password reset does not wait for bulk: not for events to be decided, not for mails that a slow server holds up."""

from pathlib import Path

import pytest

from tests.drills.flow import flowing, reset, update
from tests.drills.site import eventually, site

pytestmark = pytest.mark.timeout(120)

#: Bulk mails go to people 1000 to 1999, and each of them takes the server so long that none of this test sees the end.
SLOW = "mta.behaviour=[{recipient: 'person-1???@example.org', at: data, delay_seconds: 30}]"
BULK, RESETS = 600, 20


def test_password_resets_overtake_bulk_that_does_not_get_on(tmp_path: Path) -> None:
    with site(tmp_path / "home", SLOW, "nodes.count=1") as here:
        here.start()
        with flowing(here, [update(number) for number in range(1000, 1000 + BULK)], batch=50) as bulk:
            waiting = bulk.wait()
        assert len(waiting) == BULK
        with flowing(here, [reset(number) for number in range(RESETS)]) as flow:
            keys = flow.wait()
        eventually(lambda: keys <= here.copies().keys(), 30.0, "all password resets")
        assert len(waiting & here.copies().keys()) < BULK
