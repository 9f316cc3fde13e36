"""Which texts are looked at next."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen

from apps.sms.hub import waiting
from tests.apps.sms.hub.conversing import BOBS, MARY, OURS, arrived, lead, put


@pytest.fixture
def two(engine: Engine) -> Engine:
    """Many texts to Ada, and then one to Bob."""
    lead(engine, "ada", OURS)
    lead(engine, "bob", BOBS)
    put(engine, *(arrived(number, "hello") for number in range(50)), arrived("late", "hello", MARY, BOBS))
    return engine


def test_leaders_come_in_turn_and_each_with_a_few_in_order(two: Engine) -> None:
    with two.connect() as conn:
        assert waiting.leaders_after(conn, "", 5) == ["ada", "bob"]
        assert waiting.leaders_after(conn, "ada", 5) == ["bob", "ada"]
        assert waiting.leaders_after(conn, "ada", 1) == ["bob"]
        found = waiting.next_texts(conn, ["ada", "bob"], 3)
    assert [(text.leader, text.key) for text in found] == [
        *(("ada", f"in:simulated:{number}") for number in range(3)),
        ("bob", "in:simulated:late"),
    ]


def test_every_look_names_the_state_itself_so_that_a_plan_made_once_takes_the_index(two: Engine) -> None:
    said: list[str] = []
    with two.connect() as conn:
        listen(conn, "before_cursor_execute", lambda *ends: said.append(ends[2]))
        waiting.leaders_after(conn, "", 5)
        waiting.next_texts(conn, ["ada"], 3)
        assert waiting.total(conn).texts == 51
    looks = [statement for statement in said if "state" in statement]
    assert len(looks) == 3 and all("state = 'received'" in statement for statement in looks)
