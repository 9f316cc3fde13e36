from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from apps.sms.broadcast import estimate
from apps.sms.broadcast.broadcasts import Order
from apps.sms.broadcast.segment import parse
from apps.sms.config import Sms
from apps.sms.tables import texts
from tests.apps.sms.broadcast.conftest import NOW, OURS, Join

CONFIG = Sms.model_validate(
    {
        "carriers": [
            {
                "name": "sim",
                "simulated": {},
                "serves": [{"prefix": "+1", "cost": 0.01}, {"prefix": "+15552009", "cost": 0.05}],
            }
        ],
        "limits": [{"name": "partner", "scope": ["carrier", "sim"], "amount": 1, "seconds": 1.0, "slack_seconds": 0}],
    }
)


def order(template: str = "Hi {{ name }}") -> Order:
    return Order("ada", "news", template, parse({}), NOW)


def test_it_is_tried_on_everybody_it_is_meant_for(engine: Engine, join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "PAGE", 2)
    for number in range(4):
        join(number, name="A")
    join(9000, name="Łucja " + "x" * 70)
    join(5)
    with engine.begin() as conn:
        found = estimate.estimate(conn, order(), CONFIG, NOW).to_json()
    assert (found["members"], found["texts"], found["segments"], found["longest"]) == (6, 5, 6, 2)
    assert found["cost"] == pytest.approx(4 * 0.01 + 2 * 0.05)
    assert found["skipped"] == {"name is not known of this member": 1}
    assert found["flips"]["name"]["texts"] == 1
    assert (found["finish_at"], found["limit"]) == ((NOW + timedelta(seconds=5)).isoformat(), "partner")


def test_what_is_queued_goes_first(engine: Engine, join: Join) -> None:
    join(1, name="A")
    row = {"direction": "out", "leader": "ada", "member": "+15552000001", "our_number": OURS, "lane": "answer"}
    with engine.begin() as conn:
        for number in range(10):
            times = {"created_at": NOW, "changed_at": NOW}
            conn.execute(insert(texts), {**row, **times, "key": str(number), "body": "x", "state": "queued"})
        found = estimate.estimate(conn, order(), CONFIG, NOW)
    assert found.forecast.finish_at == NOW + timedelta(seconds=10)


def test_how_many_are_in_a_segment(engine: Engine, join: Join) -> None:
    join(1, "vip")
    join(2)
    with engine.begin() as conn:
        assert estimate.count(conn, "ada", parse({"tag": "vip"}), NOW) == 1
        assert estimate.count(conn, "ada", parse({}), NOW) == 2
