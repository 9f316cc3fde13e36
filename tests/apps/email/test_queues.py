from pathlib import Path

from actors.broker.topology import BASE, Router
from apps.email.queues import DECIDING, EVENTS, LANES, queues
from supervision.config import check


def test_every_event_reaches_the_decider_whatever_its_type(tmp_path: Path) -> None:
    topology = BASE.merge(queues(check({"apps": []}, tmp_path, {})))
    assert topology.loose_ends() == []
    router = Router(topology)
    assert all(router.route(EVENTS, key) == (DECIDING,) for key in ("password_reset", "petition.signed", ""))


def test_each_class_has_a_lane_of_its_own(tmp_path: Path) -> None:
    router = Router(queues(check({"apps": []}, tmp_path, {})))
    assert len(set(LANES.values())) == len(LANES)
    assert all(router.route("", lane) == (lane,) for lane in LANES.values())
