"""A leader with a number and members, for the tests of broadcasts."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from apps.sms.hub import leaders
from apps.sms.states import MemberState
from apps.sms.tables import members, numbers, tags

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS = "+15550001000"

Join = Callable[..., str]


@pytest.fixture
def join(engine: Engine) -> Join:
    """Adds a member of `ada` with this number at the end; all fields of a row can be given, and tags."""
    with engine.begin() as conn:
        leaders.put(conn, "ada", "Ada's Band", {}, NOW)
        row = {"number": OURS, "type": "e164", "leader": "ada", "carrier": "sim", "created_at": NOW}
        conn.execute(insert(numbers), row)

    def add(number: int, *given: str, **row: Any) -> str:
        phone = f"+1555200{number:04}"
        usual = {"leader": "ada", "number": phone, "our_number": OURS, "state": MemberState.JOINED.value}
        with engine.begin() as conn:
            conn.execute(insert(members), {**usual, "answers": {}, "created_at": NOW, **row})
            for tag in given:
                conn.execute(insert(tags), {"leader": "ada", "tag": tag, "number": phone})
        return phone

    return add
