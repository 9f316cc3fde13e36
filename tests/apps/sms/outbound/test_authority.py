"""The outbound branch on SQLite, with a simulated carrier at its end."""

from pathlib import Path

from tests.apps.sms.outbound.world import eventually, member, settings, text, world


def test_a_queued_text_reaches_its_phone(tmp_path: Path) -> None:
    with world(settings(tmp_path)) as here:
        here.queue(text(key="a", body="Hello you"))
        eventually(here.states, lambda states: states == {"handed": 1})
        (segment,) = here.reached()
        assert (segment.text, segment.destination, segment.key) == ("Hello you", member(1), "a")
        row = here.row("a")
        assert (row.carrier, row.segments, row.coding, row.attempts) == ("sim", 1, "gsm7", 1)
        (part,) = here.parts("a")
        assert (part.state, part.carrier_id) == ("handed", segment.carrier_id)
