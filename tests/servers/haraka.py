"""A Haraka of the test's own: takes mails on loopback, hands them on to a relay that the test names.

Haraka comes from npm into `var/haraka`, once: `install` does nothing when it is there.
"""

import fcntl
import json
import shutil
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.account import kill_family
from tests.services.server import CHECKOUT, free_ports

HOME = CHECKOUT / "var" / "haraka"
NAME = "haraka.example"
START_SECONDS = 30.0
INSTALL_SECONDS = 240
#: Haraka's own ranges lead to releases that registries lag behind with; these two are known to work with it.
PACKAGE = {
    "private": True,
    "dependencies": {"Haraka": "3.1.6"},
    "overrides": {"encoding-japanese": "2.2.0", "libqp": "2.1.1"},
}
NPM = ("npm", "install", "--no-audit", "--no-fund", "--omit=optional", "--ignore-scripts", "--loglevel=error")
#: Takes every recipient but those that a mailbox provider would not.
PLUGIN = """
exports.hook_rcpt = function (next, connection, params) {
  const user = params[0].user
  if (user === 'gone') return next(DENY, DSN.no_such_user('No such user'))
  if (user === 'policy') return next(DENY, DSN.sec_unauthorized('Refused by policy'))
  if (user === 'later') return next(DENYSOFT, 'Try again')
  next(OK)
}
const DSN = require('haraka-dsn')
"""


class NotInstallable(Exception):
    """npm is missing, or its registry is out of reach."""


@dataclass(frozen=True, slots=True)
class OwnHaraka:
    """One Haraka that takes mails on `port`."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


def install() -> Path:
    """The folder of the package. Raises NotInstallable."""
    package = HOME / "node_modules" / "Haraka"
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = json.dumps(PACKAGE, indent=2)
        manifest = HOME / "package.json"
        if not (package / "bin" / "haraka").exists() or manifest.read_text() != wanted:
            _install(manifest, wanted)
    return package


def _install(manifest: Path, wanted: str) -> None:
    if shutil.which("npm") is None:
        raise NotInstallable("the tests need node and npm: run `make services`")
    shutil.rmtree(HOME / "node_modules", ignore_errors=True)
    (HOME / "package-lock.json").unlink(missing_ok=True)
    manifest.write_text(wanted)
    try:
        done = subprocess.run(NPM, cwd=HOME, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstallable(
            f"npm did not install Haraka within {INSTALL_SECONDS} s: is its registry there?"
        ) from error
    if done.returncode != 0:
        raise NotInstallable(f"npm cannot install Haraka; is its registry there?\n{done.stderr[-2000:]}")


@contextmanager
def own_haraka(relay: int) -> Iterator[OwnHaraka]:
    """Started; `relay` is a port on loopback."""
    package = install()
    with tempfile.TemporaryDirectory(prefix="rookery-haraka-") as name:
        haraka = OwnHaraka(free_ports(), Path(name))
        shutil.copytree(package / "config", haraka.folder / "config")
        _configure(haraka, relay)
        with (haraka.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["node", str(package / "bin" / "haraka"), "-c", str(haraka.folder)], stdout=log, stderr=log
            )
        try:
            _wait(haraka, process)
            yield haraka
        finally:
            kill_family(process)


def _configure(haraka: OwnHaraka, relay: int) -> None:
    config, plugins = haraka.folder / "config", haraka.folder / "plugins"
    plugins.mkdir()
    (plugins / "people.js").write_text(PLUGIN)
    files = {
        "smtp.ini": f"listen=127.0.0.1:{haraka.port}\nnodes=0\n",
        "smtp_forward.ini": f"host=127.0.0.1\nport={relay}\n",
        "plugins": "people\nqueue/smtp_forward\n",
        "me": f"{NAME}\n",
        "log.ini": "level=notice\n",
    }
    for name, text in files.items():
        (config / name).write_text(text)


def _wait(haraka: OwnHaraka, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", haraka.port, timeout=5) as client:
            client.noop()
            return
        assert process.poll() is None, f"Haraka ended at its start:\n{haraka.log}"
        assert time.monotonic() < deadline, f"Haraka did not start:\n{haraka.log}"
        time.sleep(0.1)
