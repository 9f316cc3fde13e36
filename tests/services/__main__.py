"""`python -m tests.services start|stop`: what `make services` and `make services-stop` run."""

import fcntl
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from operator import methodcaller

from tests.servers import haraka, smsc
from tests.services.debian import NotInstallable, install_missing
from tests.services.postgresql import PostgreSQL
from tests.services.rabbitmq import RabbitMQ
from tests.services.redis import Redis
from tests.services.server import STATE, NotStarted, Server, write_private

VARIABLES: dict[str, type[Server]] = {
    "ROOKERY_TEST_POSTGRES": PostgreSQL,
    "ROOKERY_TEST_AMQP": RabbitMQ,
    "ROOKERY_TEST_REDIS": Redis,
}


def start() -> None:
    began = time.monotonic()
    installed = install_missing()
    haraka.install()
    smsc.install()
    servers = {variable: server() for variable, server in VARIABLES.items()}
    with ThreadPoolExecutor() as pool:
        list(pool.map(methodcaller("start"), servers.values()))
    settings = {variable: server.url() for variable, server in servers.items()}
    settings["ROOKERY_TEST_CHROMIUM"] = "/usr/bin/chromium"
    write_private(STATE / "env", "".join(f"{key}={value}\n" for key, value in settings.items()))
    names = ", ".join(f"{server.name} on port {server.port}" for server in servers.values())
    if installed:
        print(f"installed {', '.join(installed)}")
    print(f"services ready in {time.monotonic() - began:.1f} s: {names}")


def stop() -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(methodcaller("stop"), [server() for server in VARIABLES.values()]))
    (STATE / "env").unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Two `make test` at once share the servers; only one of them may start them."""
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    actions = {"start": start, "stop": stop}
    if len(arguments) != 1 or arguments[0] not in actions:
        print("usage: python -m tests.services start|stop", file=sys.stderr)
        return 64
    try:
        with _alone():
            actions[arguments[0]]()
    except (NotInstallable, haraka.NotInstallable, NotStarted) as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
