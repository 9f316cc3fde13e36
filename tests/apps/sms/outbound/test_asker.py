"""Texts whose receipts are lost, and the simulated carrier that is asked for them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client.core import Metric
from sqlalchemy import select, update

from actors.carrier.port import Arrived, Receipt, Settled
from apps.sms.outbound import known
from apps.sms.outbound.asker import Look
from apps.sms.outbound.metrics import measured
from apps.sms.outbound.spec import ASKER
from apps.sms.tables import parts, texts
from supervision import SHUTDOWN
from tests.apps.sms.outbound.test_verbs import ask
from tests.apps.sms.outbound.world import World, eventually, member, settings, text, world

LOST = {"receipts": "never"}
MANY = 30


def carriers(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "sim", "simulated": {"behaviour": [LOST]}, **more}]


def age(here: World, hours: float = 9.0) -> None:
    """All texts were handed over so long ago."""
    with here.database.begin() as conn:
        conn.execute(update(texts).values(handed_at=datetime.now(UTC) - timedelta(hours=hours)))


def look(here: World) -> None:
    here.run.system.address(ASKER).cast(Look())


def counts(here: World) -> dict[str, int]:
    asker = here.actor(ASKER)
    return {} if asker is None else dict(+asker.counts)


def take_in(here: World, count: int) -> None:
    """As the intake and the pipeline of receipts do."""
    for _ in range(count):
        arrived = here.arrived.expect(Arrived)
        assert isinstance(arrived.item, Receipt)
        with here.database.begin() as conn:
            known.apply(conn, [arrived.item], datetime.now(UTC))
        here.run.system.address(arrived.link).cast(Settled((arrived.token,), True, arrived.incarnation))


def metric(here: World, name: str) -> Metric:
    return next(one for one in measured(here.run.system) if one.name == name)


def test_texts_whose_receipts_are_all_lost_are_asked_for_and_delivered(tmp_path: Path) -> None:
    with world(settings(tmp_path, carriers=carriers())) as here:
        here.queue(*(text(member(n), key=f"t{n}") for n in range(MANY)))
        eventually(here.states, lambda states: states == {"handed": MANY})
        assert here.arrived.nothing_more()
        age(here)
        rows = ask(here, "sms.stuck.ask", limit=MANY)
        assert len(rows) == MANY and {(row["asked"], row["end"]) for row in rows} == {(0, "open")}
        look(here)
        eventually(lambda: counts(here).get("asked"), lambda asked: asked == 20)
        look(here)
        eventually(lambda: counts(here).get("asked"), lambda asked: asked == MANY)
        take_in(here, MANY)
        assert here.states() == {"delivered": MANY}
        assert ask(here, "sms.stuck") == []
        samples = metric(here, "rookery_sms_questions").samples
        assert {sample.labels["outcome"]: sample.value for sample in samples} == {"asked": MANY, "unknown": 0}


def test_nobody_has_to_say_so(tmp_path: Path) -> None:
    quick = {"stuck_hours": 1e-7, "question_minutes": 1e-6, "questions": 2}
    with world(settings(tmp_path, carriers=carriers(), outbound=quick)) as here:
        eventually(lambda: here.term)
        here.queue(text(key="a"))
        eventually(here.states, lambda states: states == {"handed": 1})
        # Whatever it found at its start, the next look is a minute off: one that begins anew looks at once.
        here.actor(ASKER).request_stop(SHUTDOWN)
        take_in(here, 1)
        assert here.states() == {"delivered": 1}


def test_a_piece_that_the_carrier_does_not_know_ends_as_unknown(tmp_path: Path) -> None:
    quick = {"question_minutes": 1e-6, "questions": 2}
    with world(settings(tmp_path, carriers=carriers(), outbound=quick)) as here:
        here.queue(text(key="a"))
        eventually(here.states, lambda states: states == {"handed": 1})
        with here.database.begin() as conn:
            conn.execute(update(parts).values(carrier_id="another"))
        age(here)
        ask(here, "sms.stuck.ask")

        def ended() -> str:
            look(here)
            return str(ask(here, "sms.stuck")[0]["end"])

        eventually(ended, lambda end: end == "unknown")
        assert eventually(lambda: counts(here), lambda found: found.get("refused") == 2) == {
            "asked": 2,
            "refused": 2,
            "unknown": 1,
        }
        assert here.states() == {"handed": 1}


def test_carriers_without_receipts_are_not_asked(tmp_path: Path) -> None:
    with world(settings(tmp_path, carriers=carriers(receipts=False))) as here:
        here.queue(text(key="a"))
        eventually(here.states, lambda states: states == {"handed": 1})
        age(here)
        here.run.system.address(ASKER).call(Look())
        with here.database.read() as conn:
            assert conn.execute(select(parts.c.ask_at, parts.c.asked)).all() == [(None, 0)]
        ask(here, "sms.stuck.ask")
        here.run.system.address(ASKER).call(Look())
        assert counts(here) == {}
