"""The operator's verbs: tree, info, state, restart, stop, start, suspend, resume, statistics, log; and those on faults.

All but `state`, which asks the actor itself, and some on faults are quick: they read the snapshot and put messages into
mailboxes, so they answer while every actor hangs. An order is therefore only accepted here; whether it was carried out
shows in the tree. Any thread.
"""

import difflib
import os
import signal
import threading
from typing import Any

from pydantic import Field

from supervision.calls import RestartChild, TerminateChild
from supervision.debug import Debug, logging_order, statistics_order
from supervision.errors import Refusal
from supervision.faults.verbs import FAULT_VERBS, shown
from supervision.instruments import DEFAULT_EVENTS, Inquiry
from supervision.messages import Resume, Suspend
from supervision.node.routing import routed
from supervision.reasons import Shutdown
from supervision.stopping import stack_of
from supervision.supervisor import Supervisor
from supervision.system import System
from supervision.tree import Row, State
from supervision.verbs import NoParams, Params, Site, Verb


class NoSuchPath(Refusal):
    """Nothing in the tree has that path."""

    title = "No such path"
    status = 404


class Path(Params):
    path: str


class Asked(Path):
    timeout_seconds: float = Field(5.0, gt=0.0, le=60.0)


class Switch(Path):
    on: bool


class Log(Path):
    last: int = Field(DEFAULT_EVENTS, ge=0, le=1000)
    seconds: float | None = Field(None, gt=0.0)


# --- reading ----------------------------------------------------------------------------------------------------------


def tree(site: Site, params: NoParams) -> dict[str, Any]:
    system = site.system
    rows = system.tree.rows()
    now = system.clock.monotonic()
    return {
        "home": str(site.settings.home.absolute()),
        "pid": os.getpid(),
        "at": system.clock.time(),
        "processes": sum(1 for row in rows if row.type == "worker"),
        "supervisors": sum(1 for row in rows if row.type == "supervisor"),
        "restarts": sum(row.restarts for row in rows),
        "depth": max((row.depth for row in rows), default=0),
        "threads": threading.active_count(),
        "zombies": [_zombie(zombie) for zombie in system.tree.zombies()] + system.tree.zombies_in_nodes(),
        "faults_enabled": system.faults.enabled,
        "facts": dict(system.facts),
        "rows": [row.as_dict(now) for row in rows],
    }


def info(site: Site, params: Path) -> dict[str, Any]:
    """One row, with where its thread is now and what its instruments show."""
    system = site.system
    row = _row(system, params.path)
    actor = system.registry.running(row.path)
    return {
        **row.as_dict(system.clock.monotonic()),
        "at": system.clock.time(),
        "children": [child.path for child in system.tree.children(row.path)],
        "faults": [
            shown(system, entry)
            for entry in system.faults.entries()
            if system.faults.concerns(entry.rule, row.path, row.type)
        ],
        "instruments": None if actor is None else actor.instruments(),
        "stack": stack_of(actor.thread) if actor is not None and actor.thread is not None else "",
    }


def state(site: Site, params: Asked) -> dict[str, Any]:
    """What the actor says of itself, in its own thread. Raises NoProc, Unresponsive, CallbackFailed."""
    row = _row(site.system, params.path)
    return Debug(site.system, row.path, params.timeout_seconds).get_status()


def _zombie(zombie: Any) -> dict[str, Any]:
    return {
        "path": zombie.path,
        "incarnation": zombie.incarnation,
        "since": zombie.since,
        "stack": stack_of(zombie.thread),
    }


def _row(system: System, path: str) -> Row:
    row = system.tree.get(path)
    if row is None:
        near = difflib.get_close_matches(path, [known.path for known in system.tree.rows()], n=1)
        hint = f"; did you mean {near[0]}?" if near else "; see `rookery tree`"
        raise NoSuchPath(f"nothing has the path {path}{hint}", field="path")
    return row


# --- orders -----------------------------------------------------------------------------------------------------------


def restart(site: Site, params: Path) -> dict[str, Any]:
    """A clean stop and a new start by the supervisor's own hand; costs no restart budget."""
    row = _below_the_root(site.system, params.path, "restarted; stop it and start it again")
    parent = site.system.registry.running(str(row.parent))
    if isinstance(parent, Supervisor) and parent.forgets_the_dead:
        _end_for_restart(site.system, row)
    else:
        _order(site.system, row, TerminateChild(row.id), RestartChild(row.id))
    return _accepted(row)


def stop(site: Site, params: Path) -> dict[str, Any]:
    """Stop a child and keep it down; `/` stops the whole root, in order."""
    row = _row(site.system, params.path)
    if row.parent is None:
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        _order(site.system, row, TerminateChild(row.id))
    return _accepted(row)


def start(site: Site, params: Path) -> dict[str, Any]:
    """Start a stopped or parked child."""
    row = _below_the_root(site.system, params.path, "started")
    if row.state not in (State.STOPPED, State.FAILED):
        raise Refusal(f"{row.path} is {row.state}", field="path")
    _order(site.system, row, RestartChild(row.id))
    return _accepted(row)


def suspend(site: Site, params: Path) -> dict[str, Any]:
    """Let an actor finish its message and then wait; its mailbox fills up meanwhile."""
    return _tell(site.system, params.path, Suspend())


def resume(site: Site, params: Path) -> dict[str, Any]:
    return _tell(site.system, params.path, Resume())


def statistics(site: Site, params: Switch) -> dict[str, Any]:
    """Switch the counting of messages on or off; `info` shows the counts."""
    return _tell(site.system, params.path, Inquiry(statistics_order(params.on)))


def log(site: Site, params: Log) -> dict[str, Any]:
    """Keep the last messages and answers for `info`; 0 ends it."""
    return _tell(site.system, params.path, Inquiry(logging_order(params.last > 0, params.last, params.seconds)))


def _tell(system: System, path: str, message: Suspend | Resume | Inquiry) -> dict[str, Any]:
    row = _row(system, path)
    actor = system.registry.running(row.path)
    if actor is None:
        raise system.noproc(row.path)
    actor.actor_inbox.put_system(message)
    return _accepted(row)


def _below_the_root(system: System, path: str, what: str) -> Row:
    row = _row(system, path)
    if row.parent is None:
        raise Refusal(f"the root itself cannot be {what}", field="path")
    return row


def _order(system: System, row: Row, *messages: Any) -> None:
    """Raises NoProc or MailboxFull when the supervisor cannot take it."""
    supervisor = system.address(str(row.parent))
    for message in messages:
        supervisor.cast(message)


def _end_for_restart(system: System, row: Row) -> None:
    """A dynamic supervisor forgets what it terminates, so the child itself ends and is restarted as its spec says."""
    actor = system.registry.running(row.path)
    if actor is None:
        raise system.noproc(row.path)
    actor.request_stop(Shutdown("restart requested"))


def _accepted(row: Row) -> dict[str, Any]:
    """What was, so that a client can tell when it has changed."""
    return {"path": row.path, "state": str(row.state), "incarnation": row.incarnation}


_OPERATIONS: tuple[Verb, ...] = (
    Verb("tree", NoParams, tree, quick=True, doc="Every child: state, uptime, restarts, mailbox, last reason."),
    Verb("info", Path, info, quick=True, doc="One child, with the stack of its thread."),
    Verb("state", Asked, state, doc="What an actor says of itself, asked in its own thread."),
    Verb("restart", Path, restart, writes=True, quick=True, doc="Stop a child and start it again."),
    Verb("stop", Path, stop, writes=True, quick=True, doc="Stop a child and keep it down; / stops the root."),
    Verb("start", Path, start, writes=True, quick=True, doc="Start a stopped or parked child."),
    Verb("suspend", Path, suspend, writes=True, quick=True, doc="Let an actor pause after its message."),
    Verb("resume", Path, resume, writes=True, quick=True, doc="Let a suspended actor go on."),
    Verb("statistics", Switch, statistics, writes=True, quick=True, doc="Count an actor's messages, or stop that."),
    Verb("log", Log, log, writes=True, quick=True, doc="Keep the last messages of an actor for info; 0 ends it."),
    *FAULT_VERBS,
)
#: Verbs on a path inside a node go to that node.
OPERATIONS: tuple[Verb, ...] = tuple(routed(verb) for verb in _OPERATIONS)
