"""A PostgreSQL of the test's own, which may be frozen and killed."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from tests.servers.account import as_user, folder_of, hand_over, kill_family, signal_family
from tests.services.server import free_ports

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=Path("none"))
USER = "postgres"
START_SECONDS = 30.0


class OwnPostgres:
    """One PostgreSQL, with all its processes in the test's hand."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_ports()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> URL:
        return make_url(f"postgresql+psycopg://rookery@127.0.0.1:{self.port}/postgres")

    def start(self) -> None:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        # Below the data, because what is in /dev/shm outlives a kill.
        settings["dynamic_shared_memory_type"] = "mmap"
        command = [str(BINARIES / "postgres"), "-D", str(self.data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            # It ends at once while somebody's connection to elsewhere has its port for a moment.
            if self._process is None or self._process.poll() is not None:
                self._process = subprocess.Popen(
                    command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user(USER)
                )
            time.sleep(0.05)

    def freeze(self) -> None:
        """The kernel still accepts connections and data; nobody answers."""
        self._signal(signal.SIGSTOP)

    def become_standby(self) -> None:
        """Comes back in recovery, as after a failover to a host that was not promoted."""
        self.kill()
        (self.data / "standby.signal").touch()
        hand_over(self.data / "standby.signal", USER)
        self.start()

    def promote(self) -> None:
        (self.data / "promote").touch()
        hand_over(self.data / "promote", USER)
        self._signal(signal.SIGUSR1, children=False)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """All processes at once, as when the power fails."""
        if self._process is not None:
            kill_family(self._process)
            self._process = None

    def _signal(self, number: signal.Signals, *, children: bool = True) -> None:
        assert self._process is not None
        signal_family(self._process, number, children=children)

    def _answers(self) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1", port=self.port, user="rookery", dbname="postgres", connect_timeout=2
            ).close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def empty_cluster() -> Iterator[Path]:
    """To copy from: initdb takes a second, copying does not."""
    assert BINARIES.is_dir(), "Debian's postgresql is not installed: run `make services`"
    with folder_of(USER) as folder:
        command = [str(BINARIES / "initdb"), f"--pgdata={folder}/data"]
        command += ["--username=rookery", "--auth=trust", "--no-sync"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60, **as_user(USER))
        yield folder


@contextmanager
def own_postgres(cluster: Path) -> Iterator[OwnPostgres]:
    """Started on a copy of the cluster; killed afterwards."""
    data = Path(tempfile.mkdtemp(prefix="data-", dir=cluster))
    subprocess.run(["cp", "-a", f"{cluster}/data/.", str(data)], check=True, timeout=60)
    data.chmod(0o700)
    hand_over(data, USER)
    server = OwnPostgres(data)
    try:
        server.start()
        yield server
    finally:
        server.kill()
