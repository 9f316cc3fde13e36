"""PostgreSQL for tests: one cluster on loopback, without fsync, because the tests never pull the plug on it."""

from pathlib import Path

import psycopg

from tests.services.server import Server

ROLE = "rookery"


class PostgreSQL(Server):
    name = "postgresql"
    user = "postgres"

    def url(self) -> str:
        return f"postgresql+psycopg://{ROLE}:{self.password}@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        binaries, data = _newest_binaries(), self.folder / "data"
        if not (data / "PG_VERSION").exists():
            self._initdb(binaries, data)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": "off",
            "full_page_writes": "off",
        }
        return [str(binaries / "postgres"), "-D", str(data), *(f"--{key}={value}" for key, value in settings.items())]

    def answers(self) -> bool:
        plain = self.url().replace("+psycopg", "")
        try:
            psycopg.connect(plain, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initdb(self, binaries: Path, data: Path) -> None:
        password = self.write("password", self.password)
        self.run(
            str(binaries / "initdb"),
            f"--pgdata={data}",
            f"--username={ROLE}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        password.unlink()


def _newest_binaries() -> Path:
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
