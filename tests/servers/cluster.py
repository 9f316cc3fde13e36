"""Three RabbitMQ nodes on one machine, which are one broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.account import folder_of, hand_over
from tests.servers.rabbitmq import EPMD_OFFSET, USER, Epmd, OwnRabbit
from tests.services.server import free_ports

NAMES = ("one", "two", "three")


class RabbitCluster:
    """Nodes by name, such as `one@localhost`; any of them can be killed and started again alone."""

    def __init__(self, folder: Path) -> None:
        first = free_ports()
        self._epmd = Epmd(first + EPMD_OFFSET)
        peers = [f"{name}@localhost" for name in NAMES]
        rabbits = [
            OwnRabbit(_subfolder(folder, name), name, first + 3 * number, self._epmd, peers)
            for number, name in enumerate(NAMES)
        ]
        self.nodes = {rabbit.node: rabbit for rabbit in rabbits}

    @property
    def urls(self) -> list[str]:
        return [rabbit.url for rabbit in self.nodes.values()]

    def start(self) -> None:
        """Returns when all three are members of one cluster."""
        for rabbit in self.nodes.values():
            rabbit.launch()
        for rabbit in self.nodes.values():
            rabbit.wait_ready()
        assert self.members() == set(self.nodes), self.members()

    def members(self) -> set[str]:
        """The nodes that run, as any one of them knows."""
        running = self.any().ctl("eval", "rabbit_nodes:all_running().")
        return {node for node in self.nodes if node in running}

    def any(self) -> OwnRabbit:
        """One that runs."""
        return next(rabbit for rabbit in self.nodes.values() if rabbit.runs)

    def leader(self, queue: str) -> OwnRabbit:
        """The node that leads a quorum queue."""
        return self.nodes[self.any().leader(queue)]

    def close(self) -> None:
        for rabbit in self.nodes.values():
            rabbit.kill()
        self._epmd.kill()


def _subfolder(folder: Path, name: str) -> Path:
    subfolder = folder / name
    subfolder.mkdir()
    hand_over(subfolder, USER)
    return subfolder


@contextmanager
def rabbit_cluster() -> Iterator[RabbitCluster]:
    """Formed; gone afterwards."""
    with folder_of(USER) as folder:
        cluster = RabbitCluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.close()
