"""An SMSC of the test's own: npm's `smpp`, which knows nothing of our code, told by the test how to behave.

The package comes from npm into `var/smpp`, once. `smsc.js` beside this file says which commands and events there are.
"""

import fcntl
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supervision.testing import PATIENCE_SECONDS, Inbox
from tests.servers.account import kill_family
from tests.servers.haraka import INSTALL_SECONDS, NPM, NotInstallable
from tests.services.server import CHECKOUT

HOME = CHECKOUT / "var" / "smpp"
PACKAGE = {"private": True, "dependencies": {"smpp": "0.5.1"}}
SCRIPT = Path(__file__).with_name("smsc.js")
#: The first second of node on a busy machine.
START_SECONDS = 30.0


def install() -> Path:
    """The folder of node_modules. Raises NotInstallable."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, manifest = json.dumps(PACKAGE), HOME / "package.json"
        if not (HOME / "node_modules" / "smpp").exists() or manifest.read_text() != wanted:
            _install(manifest, wanted)
    return HOME / "node_modules"


def _install(manifest: Path, wanted: str) -> None:
    if shutil.which("npm") is None:
        raise NotInstallable("the tests need node and npm: run `make services`")
    manifest.write_text(wanted)
    try:
        done = subprocess.run(NPM, cwd=HOME, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstallable(f"npm did not install smpp within {INSTALL_SECONDS} s: is its registry there?") from error
    if done.returncode != 0:
        raise NotInstallable(f"npm cannot install smpp; is its registry there?\n{done.stderr[-2000:]}")


class OwnSmsc:
    """One that listens on `port` of loopback. `events` collects what it says."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.events = Inbox()
        self._process = process
        self._reader = threading.Thread(target=self._read, name="smsc")
        self._reader.start()
        self.port: int = self.event("ready", timeout=START_SECONDS)["port"]

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def tell(self, **commands: Any) -> None:
        """For example `set={"silent": True}`; takes effect before anything that is sent to it afterwards is read."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(commands) + "\n")
        self._process.stdin.flush()

    def event(self, name: str, timeout: float = PATIENCE_SECONDS, **where: Any) -> dict[str, Any]:
        """The next event of this name, others are passed over."""
        wanted = {"event": name, **where}
        found: dict[str, Any] = self.events.expect(dict, lambda one: wanted.items() <= one.items(), timeout)
        return found

    def behave(self, **behaviour: Any) -> None:
        """Returns when it has heard."""
        self.tell(set=behaviour, count=None)
        self.event("count")

    def submitted(self) -> int:
        """How many submit_sm it has seen."""
        self.tell(count=None)
        return int(self.event("count")["submitted"])

    def kill(self) -> None:
        """kill -9; returns when it is gone."""
        kill_family(self._process)  # type: ignore[arg-type]  # of text or octets, a process is a process
        self._reader.join(PATIENCE_SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.put(json.loads(line))


@contextmanager
def own_smsc(key: Path | None = None, certificate: Path | None = None) -> Iterator[OwnSmsc]:
    """Started; with both PEM files it speaks TLS from the first octet."""
    files = () if key is None or certificate is None else (str(key), str(certificate))
    process = subprocess.Popen(
        ["node", str(SCRIPT), str(install()), *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    smsc = OwnSmsc(process)
    try:
        yield smsc
    finally:
        smsc.kill()
