"""A database of either kind for each test, and a PostgreSQL of the test's own that may be frozen and killed."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from sqlalchemy import URL, make_url

from tests.services.server import free_ports

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=Path("none"))
START_SECONDS = 30.0


@pytest.fixture
def sqlite_url(tmp_path: Path) -> URL:
    return make_url(f"sqlite:///{tmp_path}/test.sqlite")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> URL:
    """The same test on both engines."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return make_url(request.getfixturevalue(name))


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
        command = [str(BINARIES / "postgres"), "-D", str(self.data)]
        command += [f"--{name}={value}" for name, value in settings.items()]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_as_postgres()
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            assert self._process.poll() is None, "PostgreSQL ended at its start"
            time.sleep(0.05)

    def freeze(self) -> None:
        """The kernel still accepts connections and data; nobody answers."""
        self._signal(signal.SIGSTOP)

    def become_standby(self) -> None:
        """Comes back in recovery, as after a failover to a host that was not promoted."""
        self.kill()
        (self.data / "standby.signal").touch()
        _hand_over(self.data / "standby.signal")
        self.start()

    def promote(self) -> None:
        (self.data / "promote").touch()
        _hand_over(self.data / "promote")
        self._signal(signal.SIGUSR1, children=False)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """All processes at once, as when the power fails."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(timeout=10)
            self._process = None

    def _signal(self, number: int, *, children: bool = True) -> None:
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        listed: list[psutil.Process] = []
        if children:
            parent.suspend()  # so that no backend is born between listing and signalling
            listed = parent.children(recursive=True)
        for process in (*listed, parent):
            with suppress(psutil.NoSuchProcess):  # one that was on its way out
                process.send_signal(number)

    def _answers(self) -> bool:
        try:
            psycopg.connect(
                host="127.0.0.1", port=self.port, user="rookery", dbname="postgres", connect_timeout=2
            ).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """An empty cluster to copy from: initdb takes a second, copying does not."""
    assert BINARIES.is_dir(), "Debian's postgresql is not installed: run `make services`"
    folder = Path(tempfile.mkdtemp(prefix="rookery-cluster-"))
    _hand_over(folder)
    command = [str(BINARIES / "initdb"), f"--pgdata={folder}/data", "--username=rookery", "--auth=trust", "--no-sync"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60, **_as_postgres())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own_postgres(cluster: Path) -> Iterator[OwnPostgres]:
    """Started; killed afterwards."""
    data = Path(tempfile.mkdtemp(prefix="data-", dir=cluster))
    subprocess.run(["cp", "-a", f"{cluster}/data/.", str(data)], check=True, timeout=60)
    data.chmod(0o700)
    _hand_over(data)
    server = OwnPostgres(data)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _as_postgres() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/"}


def _hand_over(path: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(path, account.pw_uid, account.pw_gid)
