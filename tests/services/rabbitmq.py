"""RabbitMQ for tests: one node on loopback, with an epmd of its own, so that the machine's Erlang nodes are not met."""

import os
import subprocess
import time

from tests.services.server import KEY, Server, exchange, is_free

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"


class RabbitMQ(Server):
    name = "rabbitmq"
    user = "rabbitmq"

    def url(self) -> str:
        return f"amqp://rookery:{self.password}@127.0.0.1:{self.port}/%2F"

    def command(self) -> list[str]:
        settings = {
            "listeners.tcp.local": f"127.0.0.1:{self.port}",
            "default_user": "rookery",
            "default_pass": self.password,
            "disk_free_limit.absolute": "50MB",
            "log.file": "false",
            "log.console": "true",
        }
        self.write("rabbitmq.conf", "".join(f"{key} = {value}\n" for key, value in settings.items()))
        self.write("enabled_plugins", "[].\n")
        self.write("rabbitmq-env.conf", "")
        return ["/usr/lib/rabbitmq/bin/rabbitmq-server"]

    def environment(self) -> dict[str, str]:
        return self._epmd() | {
            "RABBITMQ_NODENAME": f"rookery-{KEY}@localhost",
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_DIST_PORT": str(self.port + 1),
            # Erlang's schedulers spin while idle; on two cores the tests want that time.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def answers(self) -> bool:
        return exchange(self.port, PROTOCOL_HEADER, b"RabbitMQ")

    def stop(self) -> None:
        super().stop()
        self._stop_epmd()

    def _epmd(self) -> dict[str, str]:
        return {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self.port + 2)}

    def _stop_epmd(self) -> None:
        """The first Erlang node starts this port mapper; it outlives the node and refuses to end while it knows one."""
        for _ in range(20):
            if is_free(self.port + 2):
                return
            subprocess.run(
                ["epmd", "-kill"], env=os.environ | self._epmd(), capture_output=True, timeout=10, check=False
            )
            time.sleep(0.1)
