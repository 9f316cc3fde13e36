"""A RabbitMQ of the test's own, with all its processes in the test's hand. Also one node of a cluster."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from tests.servers.account import END_SECONDS, as_user, folder_of, hand_over, kill_family, signal_family
from tests.services.rabbitmq import PROTOCOL_HEADER
from tests.services.server import exchange, free_ports

BINARIES = Path("/usr/lib/rabbitmq/bin")
USER = "rabbitmq"
LOGIN = "rookery"
START_SECONDS = 60.0
COMMAND_SECONDS = 30.0
#: Free ports come in tens: the last one is for epmd, the others are for up to three nodes.
EPMD_OFFSET = 9
#: One scheduler that does not spin while it has nothing to do: several servers share two cores with the tests.
FRUGAL = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"
#: RabbitMQ's own default, as a part of the machine's memory.
WATERMARK = "0.4"


class Epmd:
    """Erlang's port mapper. In the foreground: the one that a node starts by itself would outlive it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self.port)}

    def start(self) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                ["/usr/bin/epmd"], env={**os.environ, **self.environment}, stderr=subprocess.DEVNULL, **as_user(USER)
            )

    def kill(self) -> None:
        if self._process is not None:
            kill_family(self._process)
            self._process = None


class OwnRabbit:
    """One server, which keeps ports, data and certificate from one start to the next."""

    def __init__(self, folder: Path, name: str, port: int, epmd: Epmd, peers: Iterable[str] = ()) -> None:
        """`folder` belongs to Debian's user, `port` is the first of three. Nodes of one cluster share `epmd`."""
        self.folder = folder
        self.node = f"{name}@localhost"
        self.port = port
        self._epmd = epmd
        self._peers = tuple(peers)
        self._process: subprocess.Popen[bytes] | None = None
        self._authority = trustme.CA()
        self._prepare()

    # --- its addresses ------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"amqp://{LOGIN}:{LOGIN}@127.0.0.1:{self.port}/%2F"

    @property
    def tls_url(self) -> str:
        """`ca` is the certificate authority that vouches for it."""
        return f"amqps://{LOGIN}:{LOGIN}@localhost:{self._tls_port}/%2F"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def _tls_port(self) -> int:
        return self.port + 2

    # --- its lives ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Returns when it takes connections."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start without waiting, for nodes of a cluster, which wait for each other."""
        self._epmd.start()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [BINARIES / "rabbitmq-server"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **as_user(USER),
            )

    def wait_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        pause = threading.Event()
        while not exchange(self.port, PROTOCOL_HEADER, b"RabbitMQ"):
            assert self._running.poll() is None, f"RabbitMQ ended at its start:\n{self.log[-3000:]}"
            assert time.monotonic() < deadline, f"RabbitMQ did not start:\n{self.log[-3000:]}"
            pause.wait(0.05)

    def kill(self) -> None:
        """kill -9 of all its processes; nothing when it does not run."""
        if self._process is not None:
            kill_family(self._process)
            self._process = None

    def stop(self) -> None:
        """In order, as an operator does before an upgrade."""
        self._running.send_signal(signal.SIGTERM)
        self._running.wait(END_SECONDS)
        self._process = None

    def freeze(self) -> None:
        """The kernel still takes connections and data; nobody answers."""
        signal_family(self._running, signal.SIGSTOP)

    def thaw(self) -> None:
        signal_family(self._running, signal.SIGCONT)

    @property
    def runs(self) -> bool:
        return self._process is not None

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, f"{self.node} does not run"
        return self._process

    # --- its operator -------------------------------------------------------------------------------------------------

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints; it must succeed."""
        command = [str(BINARIES / "rabbitmqctl"), "--quiet", *arguments]
        done = subprocess.run(
            command,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            **as_user(USER),
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return str(done.stdout)

    def add_vhost(self, name: str) -> str:
        """The URL of a virtual host that is empty, so that tests can share the server."""
        self.ctl("add_vhost", name)
        self.ctl("set_permissions", "--vhost", name, LOGIN, ".*", ".*", ".*")
        return self.url.removesuffix("%2F") + name

    def close_all_connections(self, vhost: str = "/") -> None:
        self.ctl("close_all_connections", "--vhost", vhost, "the test said so")

    def raise_memory_alarm(self) -> None:
        """No publisher is read from until `clear_memory_alarm`."""
        self.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        assert "memory" in self.ctl("eval", "rabbit_alarm:get_alarms().")

    def clear_memory_alarm(self) -> None:
        self.ctl("set_vm_memory_high_watermark", WATERMARK)

    def write_names(self) -> None:
        """Have the names of new quorum queues on disk, which RabbitMQ 3.10 only writes some time after it said so.

        A queue that was declared right before a kill comes back empty, and without a leader for ever.
        """
        self.ctl("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def delete_queue(self, name: str, vhost: str = "/") -> None:
        self.ctl("delete_queue", "--vhost", vhost, name)

    def queues(self) -> dict[str, dict[str, Any]]:
        """By name: type, and for quorum queues leader and members. Numbers of messages would be some seconds old."""
        columns = ("name", "type", "leader", "members")
        listed: list[dict[str, Any]] = json.loads(self.ctl("list_queues", "--formatter", "json", *columns))
        return {queue["name"]: queue for queue in listed}

    def leader(self, queue: str) -> str:
        """The node that leads this quorum queue."""
        return str(self.queues()[queue]["leader"])

    # --- its files ----------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        certificate = self._authority.issue_cert("localhost", "127.0.0.1")
        self._write("ca.pem", self._authority.cert_pem.bytes().decode())
        self._write("cert.pem", certificate.cert_chain_pems[0].bytes().decode())
        self._write("key.pem", certificate.private_key_pem.bytes().decode())
        self._write("rabbitmq.conf", "".join(f"{key} = {value}\n" for key, value in self._settings().items()))
        self._write("enabled_plugins", "[].\n")
        self._write("rabbitmq-env.conf", "")
        self._write(".erlang.cookie", "ROOKERYTESTS").chmod(0o400)
        self._write("server.log", "")

    def _settings(self) -> dict[str, str]:
        peers = {f"cluster_formation.classic_config.nodes.{n}": peer for n, peer in enumerate(self._peers, start=1)}
        return peers | {
            "listeners.tcp.local": f"127.0.0.1:{self.port}",
            "listeners.ssl.local": f"127.0.0.1:{self._tls_port}",
            "ssl_options.cacertfile": str(self.ca),
            "ssl_options.certfile": str(self.folder / "cert.pem"),
            "ssl_options.keyfile": str(self.folder / "key.pem"),
            "default_user": LOGIN,
            "default_pass": LOGIN,
            "disk_free_limit.absolute": "50MB",
            "log.file": "false",
            "log.console": "true",
        }

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        hand_over(path, USER)
        return path

    def _environment(self) -> dict[str, str]:
        return self._epmd.environment | {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_DIST_PORT": str(self.port + 1),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": FRUGAL,
            "RABBITMQ_CTL_ERL_ARGS": FRUGAL,
        }


@contextmanager
def own_rabbit() -> Iterator[OwnRabbit]:
    """Started; gone afterwards."""
    port = free_ports()
    epmd = Epmd(port + EPMD_OFFSET)
    with folder_of(USER) as folder:
        rabbit = OwnRabbit(folder, "own", port, epmd)
        try:
            rabbit.start()
            yield rabbit
        finally:
            rabbit.kill()
            epmd.kill()
