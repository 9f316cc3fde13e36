"""A Postfix of the test's own: takes mails on loopback, hands them on to a relay that the test names. Needs root.

A private instance: its own configuration, queue and log in a folder that is gone afterwards; the machine's own Postfix,
if it has one, is not touched.
"""

import os
import smtplib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.account import kill_family
from tests.services.server import free_ports

POSTFIX = "/usr/sbin/postfix"
START_SECONDS = 20.0
NAME = "postfix.example"

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = /
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {name}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
relayhost = [127.0.0.1]:{relay}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {access} }}, permit_mynetworks, reject
smtputf8_enable = yes
"""
#: What it says to some recipients, as a mailbox provider would.
ACCESS = (
    "{ gone@postfix.example = 550 5.1.1 No such user },"
    "{ policy@postfix.example = 550 5.7.1 Refused by policy },"
    "{ later@postfix.example = 450 4.2.1 Try again }"
)
TLS = """
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class OwnPostfix:
    """One Postfix that takes mails on `port`."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text(errors="replace")
        return "(no log)"


@contextmanager
def own_postfix(relay: int, certificate: Path | None = None, key: Path | None = None) -> Iterator[OwnPostfix]:
    """Started; `relay` is a port on loopback. With a certificate it offers STARTTLS."""
    assert os.geteuid() == 0, "Postfix changes users for its processes, so only root can start one"
    assert Path(POSTFIX).exists(), "Debian's postfix is not installed: run `make services`"
    with tempfile.TemporaryDirectory(prefix="rookery-postfix-") as name:
        postfix = OwnPostfix(free_ports(), Path(name))
        config = _configure(postfix, relay, certificate, key)
        process = subprocess.Popen(
            [POSTFIX, "-c", str(config), "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait(postfix, process)
            yield postfix
        finally:
            kill_family(process)


def _configure(postfix: OwnPostfix, relay: int, certificate: Path | None, key: Path | None) -> Path:
    folder = postfix.folder
    folder.chmod(0o755)  # its processes run as another user
    for part in ("config", "queue", "data"):
        (folder / part).mkdir()
    subprocess.run(["chown", "postfix", str(folder / "data")], check=True)
    main = MAIN.format(folder=folder, name=NAME, relay=relay, access=ACCESS)
    if certificate is not None:
        main += TLS.format(certificate=certificate, key=key)
    (folder / "config" / "main.cf").write_text(main)
    (folder / "config" / "master.cf").write_text(MASTER.format(port=postfix.port))
    return folder / "config"


def _wait(postfix: OwnPostfix, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", postfix.port, timeout=5) as client:
            client.noop()
            return
        assert process.poll() is None, f"Postfix ended at its start:\n{postfix.log}"
        assert time.monotonic() < deadline, f"Postfix did not start:\n{postfix.log}"
        time.sleep(0.05)
