"""Three RabbitMQ nodes: the one that leads a queue is killed under load, and comes back; nobody misses a mail."""

from pathlib import Path

import pytest

from tests.drills.servers import reasons, site_on, survive
from tests.drills.site import Site, eventually
from tests.servers.cluster import RabbitCluster

pytestmark = pytest.mark.timeout(180)

QUEUE = "email.transactional"


def hosts(cluster: RabbitCluster) -> str:
    """One URL that names all nodes."""
    first, *others = cluster.nodes.values()
    more = "".join(f",127.0.0.1:{other.port}" for other in others)
    return first.url.replace(f":{first.port}/", f":{first.port}{more}/")


def replicated(here: Site, cluster: RabbitCluster) -> bool:
    return all(len(queue["members"]) == 3 for queue in cluster.any().queues().values() if queue["type"] == "quorum")


def test_the_leader_of_a_queue_is_killed_under_load(tmp_path: Path, rabbit_cluster: RabbitCluster) -> None:
    with site_on(tmp_path / "home", hosts(rabbit_cluster), None) as here:
        assert replicated(here, rabbit_cluster)
        for rabbit in rabbit_cluster.nodes.values():
            rabbit.write_names()
        led: list[str] = []

        def fault() -> None:
            leader = rabbit_cluster.leader(QUEUE)
            leader.kill()
            led.append(leader.node)
            eventually(lambda: rabbit_cluster.leader(QUEUE) is not leader, 20.0, "another leader")
            leader.start()

        survive(here, fault, seconds=90.0)
        survivors = rabbit_cluster.members()
        assert led and survivors == set(rabbit_cluster.nodes)
        assert "Unavailable" in reasons(here, "/broker/publisher") + reasons(here, "/consumer")
        assert here.stop() == 0
