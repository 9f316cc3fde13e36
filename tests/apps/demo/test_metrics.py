"""The world's counters as Prometheus sees them."""

from actors.broker import Confirmed
from apps.demo.metrics import DemoCollector
from tests.apps.demo.conftest import World


def samples(world: World) -> dict[str, float]:
    found = [sample for metric in DemoCollector(world.app.system).collect() for sample in metric.samples]
    return {sample.name + "".join(sample.labels.values()): sample.value for sample in found}


def test_counts_what_happened_and_why_time_stood_still(world: World) -> None:
    world.start()
    world.pass_second()
    asked = world.published()
    world.pass_second()
    world.answer(Confirmed(len(asked.messages), asked.ref))
    found = samples(world)
    assert found["rookery_demo_signatures_total"] == world.site.signatures > 0
    assert found["rookery_demo_events_total"] == len(asked.messages)
    assert found["rookery_demo_held_back_totalunconfirmed"] == 1
    assert found["rookery_demo_held_back_totalbacklog"] == 0


def test_a_world_that_does_not_run_has_nothing_to_say(world: World) -> None:
    assert samples(world) == {}
