from pathlib import Path

from actors.broker.topology import BASE, Router
from apps.email.queues import DECIDING, DECIDING_FIRST, EVENTS, LANES, queues
from supervision.config import check


def test_every_event_reaches_the_decider_whatever_its_type(tmp_path: Path) -> None:
    topology = BASE.merge(queues(check({"apps": ["apps.email"]}, tmp_path, {})))
    assert topology.loose_ends() == []
    router = Router(topology)
    assert all(router.route(EVENTS, key) == (DECIDING,) for key in ("petition_update", "petition.signed", ""))


def test_an_event_that_sets_off_a_transactional_mail_lies_in_a_queue_without_bulk_too(tmp_path: Path) -> None:
    router = Router(queues(check({"apps": ["apps.email"]}, tmp_path, {})))
    assert set(router.route(EVENTS, "password_reset")) == {DECIDING, DECIDING_FIRST}


def test_each_class_has_a_lane_of_its_own(tmp_path: Path) -> None:
    router = Router(queues(check({"apps": ["apps.email"]}, tmp_path, {})))
    assert len(set(LANES.values())) == len(LANES)
    assert all(router.route("", lane) == (lane,) for lane in LANES.values())
