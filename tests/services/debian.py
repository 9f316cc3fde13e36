"""What the tests need from Debian, and its installation without surprises.

Runs in the main thread of `make services`. Installs only what is missing, as root only; a package counts as present
when the one file that the tests use is there, so a machine that has it from elsewhere is left alone.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# package -> a file (a pattern below /) that proves it is there
PACKAGES = {
    "postgresql": "usr/lib/postgresql/*/bin/postgres",
    "rabbitmq-server": "usr/lib/rabbitmq/bin/rabbitmq-server",
    "redis-server": "usr/bin/redis-server",
    # no daemon of the machine: the benchmarks use its sink for mails, some tests start an instance of their own
    "postfix": "usr/sbin/smtp-sink",
    # Haraka, a mail server that tests deliver through, comes from npm
    "nodejs": "usr/bin/node",
    "npm": "usr/bin/npm",
    # reads compose.yaml; it needs no engine for that
    "docker-compose": "usr/bin/docker-compose",
    "chromium": "usr/bin/chromium",
    "prometheus": "usr/bin/promtool",
    "fonts-noto-core": "usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
    "fonts-noto-cjk": "usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
}
INSTALL_TIMEOUT_SECONDS = 1200
POLICY = Path("/usr/sbin/policy-rc.d")


class NotInstallable(Exception):
    """A package is missing and this user, or this machine, cannot install it."""


def install_missing() -> list[str]:
    """Install what is missing and return its names. Raises `NotInstallable` with the command that would help."""
    missing = [name for name, proof in PACKAGES.items() if not any(Path("/").glob(proof))]
    if missing:
        _require_root(missing)
        with _no_service_starts():
            _apt_get("update")
            _apt_get("install", "--yes", "--no-install-recommends", *missing)
    return missing


def _require_root(missing: list[str]) -> None:
    if shutil.which("apt-get") is None:
        raise NotInstallable(f"the tests need {', '.join(missing)}, and there is no apt-get: install them by hand")
    if os.geteuid() != 0:
        command = f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
        raise NotInstallable(f"the tests need packages that only root can install; run: {command}")


def _apt_get(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", "--quiet", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise NotInstallable(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")


@contextmanager
def _no_service_starts() -> Iterator[None]:
    """Debian starts a server when it installs one, unless this file says no; an existing policy is respected."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
