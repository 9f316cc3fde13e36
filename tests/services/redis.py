"""Redis for tests: on loopback, with a password, in memory only."""

from tests.services.server import Server, exchange


class Redis(Server):
    name = "redis"
    user = "redis"

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": self.folder,
            "save": '""',
            "appendonly": "no",
        }
        # A file, not arguments: the password must not be readable in the process list.
        configuration = self.write("redis.conf", "".join(f"{key} {value}\n" for key, value in settings.items()))
        return ["/usr/bin/redis-server", str(configuration)]

    def answers(self) -> bool:
        return exchange(self.port, f"AUTH {self.password}\r\nPING\r\n".encode(), b"+PONG")
