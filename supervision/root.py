"""The root process: builds the system, starts the root supervisor, serves the control socket, obeys signals.

Its main thread is not an actor and never waits for one: it turns the control server's loop, which signals wake. Exit
codes: 0 ordered stop, 70 the root supervisor failed or gave up, 75 stopped with work or threads left behind (start it
again), 78 bad configuration or a home that another root uses. What it does not guarantee: threads cannot be killed, so
what does not stop is reported and ends with the process.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import click

from supervision import log, verbs
from supervision.composition import root_spec
from supervision.config import Settings
from supervision.control.lock import Lock
from supervision.control.server import Job, Server
from supervision.control.wire import Request
from supervision.document import changed_paths
from supervision.errors import ConfigError, RookeryError, StartFailed
from supervision.interpreter import keep_what_stands, take_turns
from supervision.launch import Launched, launch
from supervision.reasons import Crashed, Reason
from supervision.report import all_stacks, left_behind
from supervision.spec import ChildSpec
from supervision.system import System
from supervision.tree import State
from supervision.verbs import Site

logger = logging.getLogger(__name__)

EX_OK, EX_SOFTWARE, EX_TEMPFAIL, EX_CONFIG = 0, 70, 75, 78
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
#: Seconds between two looks at what nobody announces: the root's own end, zombies, the stop's deadline.
TURN_SECONDS = 0.1
#: Made by the web server; lying there from a root that was killed, they would tell of an address nobody serves.
STALE_FILES = ("web.json",)
TOKEN_FILE = "token"
URL_FACT = "web.url"


def run(settings: Settings, reread: Callable[[], Settings]) -> int:
    """Be the root until it ends; the exit code. `reread` loads the configuration anew, for SIGHUP.

    Call it in the main thread. Raises RookeryError when it cannot even begin: bad specs, a home in use.
    """
    config = settings.section("log")
    log.configure(config.level, config.format)
    spec = root_spec(settings)
    take_turns()
    os.umask(0o077)  # mails, people, the token: what is written here is nobody else's
    Lock(settings.home)  # held until the process ends: threads left behind may still write
    return Root(settings, reread).run(spec)


class Root:
    """One life of the root process."""

    def __init__(self, settings: Settings, reread: Callable[[], Settings]) -> None:
        self.settings = settings
        self.reread = reread
        self.system = System()
        self.system.faults.enabled = settings.section("faults").enabled
        self.system.events.subscribe(log.log_event)
        self.site = Site(self.system, settings)
        self.verbs = verbs.collect(settings)
        self.first_run = not (settings.home / TOKEN_FILE).exists()
        self.launched: Launched
        self.signals: socket.socket
        self.ready = False
        self.stop_deadline: float | None = None
        self.hurried = False
        self.overrun = False

    def run(self, spec: ChildSpec) -> int:
        for name in STALE_FILES:
            (self.settings.home / name).unlink(missing_ok=True)
        server = Server(self.settings.home, self.resolve)
        try:
            self.hear_signals(server)
            self.launched = launch(self.system, spec)
            self.serve(server)
        finally:
            server.close()
        return self.leave()

    # --- while it runs ------------------------------------------------------------------------------------------------

    def serve(self, server: Server) -> None:
        """Until the root supervisor has ended, or must not be waited for any longer."""
        while not self.launched.ended and not self.hurried:
            server.turn(TURN_SECONDS)
            self.announce()
            self.watch_zombies()
            if self.stop_deadline is not None and time.monotonic() > self.stop_deadline:
                logger.error("the ordered stop took longer than root.shutdown_seconds")
                return

    def resolve(self, request: Request) -> Job:
        verb = self.verbs.find(request.verb)
        params = verb.parse(request.params)
        return Job(lambda: verb.run(self.site, params), verb.is_quick(self.site, params))

    def announce(self) -> None:
        """Say once that everything required is up, and where; on the first run also the token."""
        row = self.system.tree.get("/")
        stopping = self.stop_deadline is not None
        if self.ready or stopping or row is None or row.state is not State.RUNNING:
            return
        self.ready = True
        keep_what_stands()
        token = self.settings.home / TOKEN_FILE
        with suppress(OSError):  # nobody listens on standard output any more; that is no reason to end
            if self.first_run and token.exists():
                click.echo(f"token {token.read_text().strip()}  (kept in {token}; the console and the API ask for it)")
            click.echo(f"ready {self.system.facts.get(URL_FACT, '')}".rstrip())

    def watch_zombies(self) -> None:
        """Too many abandoned threads: only a new process gives a clean start."""
        zombies = len(self.system.tree.zombies())
        if zombies > self.settings.section("root").max_zombies and not self.overrun:
            self.overrun = True
            logger.error("%d abandoned threads are more than root.max_zombies: stopping for a clean start", zombies)
            self.stop()

    # --- signals ------------------------------------------------------------------------------------------------------

    def hear_signals(self, server: Server) -> None:
        """Signals only write their number into a socket, which the loop reads. From here to the end of the process:
        a signal that comes during the last report must not change the exit code.
        """
        self.signals, writer = socket.socketpair()
        self.signals.setblocking(False)
        writer.setblocking(False)
        server.watch(self.signals, self.read_signals)
        signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)

    def read_signals(self) -> None:
        for number in self.signals.recv(64):
            self.obey(number)

    def obey(self, number: int) -> None:
        match number:
            case signal.SIGTERM | signal.SIGINT:
                self.stop()
            case signal.SIGHUP:
                self.recheck()
            case signal.SIGUSR1:
                logger.warning("stacks of all threads:\n%s", all_stacks())

    def stop(self) -> None:
        """First an ordered stop, right to left; asked again, now."""
        if self.stop_deadline is not None:
            self.hurried = True
            logger.warning("told again: stopping now")
            return
        self.stop_deadline = time.monotonic() + self.settings.section("root").shutdown_seconds
        logger.info("stopping in order; a second signal stops at once")
        self.launched.stop()

    def recheck(self) -> None:
        """Read the configuration again and say what is wrong with it, or what would change."""
        try:
            changed = list(changed_paths(self.settings.raw, self.reread().raw))
        except ConfigError as error:
            for fault in str(error).splitlines():
                logger.error("configuration: %s", fault)
            return
        if changed:
            logger.warning("configuration: changed: %s; restart the root to apply", ", ".join(changed))
        else:
            logger.info("configuration: nothing has changed")

    # --- the end ------------------------------------------------------------------------------------------------------

    def leave(self) -> int:
        """Report what is left and decide the exit code."""
        left = left_behind(self.system)
        for text in left:
            logger.error("left behind: %s", text)
        self.system.close()
        if self.stop_deadline is None:
            return self.failed(self.launched.reason)
        return EX_TEMPFAIL if left or self.overrun or not self.launched.ended else EX_OK

    def failed(self, reason: Reason | None) -> int:
        """The root supervisor ended on its own: 78 when the configuration is to blame, else 70."""
        error = _first_cause(reason)
        logger.error("the root supervisor ended: %s", error or reason)
        return EX_CONFIG if isinstance(error, RookeryError) and error.exit_code == EX_CONFIG else EX_SOFTWARE


def exit_process(code: int) -> None:
    """Leave at once if threads are left that would hold the process up or fall over its ruins; else return."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _first_cause(reason: Reason | None) -> BaseException | None:
    """What is at the bottom of a failed start, through all supervisors."""
    while (
        isinstance(reason, Crashed)
        and isinstance(reason.error, StartFailed)
        and isinstance(reason.error.reason, Reason)
    ):
        reason = reason.error.reason
    return reason.error if isinstance(reason, Crashed) else None
