from pathlib import Path

from actors.carrier.simulated.config import SimulatedCarrier
from actors.carrier.simulated.link import simulated_link_spec
from apps.sms.phones.metrics import measured
from apps.sms.routes import counts
from tests.actors.carrier.linking import INTAKE, LINK, SUBSCRIBER, linked
from tests.actors.carrier.pieces import piece


def test_links_and_webhooks_are_told_by_what_became_of_them(tmp_path: Path) -> None:
    spec = simulated_link_spec("link", "sim", SimulatedCarrier(), tmp_path, subscriber=SUBSCRIBER, intake=INTAKE)
    with linked(spec) as link:
        link.sent(piece(receipt=False))
        counts(link.running.system)["tw", "text"] += 2
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in measured(link.running.system)
            for sample in family.samples
        }
    assert found["rookery_sms_link_pieces_total", LINK, "Accepted"] == 1.0
    assert found["rookery_sms_webhooks_total", "tw", "text"] == 2.0
