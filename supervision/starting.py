"""Starting one child and waiting until it serves. The supervisor's thread, which serves nobody meanwhile.

Pykka starts an actor and looks away; here the child says `Started` when its `on_start` returned, or `Down` with the
reason why it did not, within the spec's `start_timeout`.
"""

from dataclasses import dataclass

from supervision.actor import Stop, spawn
from supervision.child import Child
from supervision.context import Context
from supervision.errors import RookeryError
from supervision.events import ChildStarted
from supervision.mailbox import Mailbox
from supervision.messages import Down, Started, StopRequest
from supervision.reasons import Crashed, Reason
from supervision.spec import ChildSpec
from supervision.stopping import force_out, stop_together
from supervision.system import System
from supervision.tree import State


class StartTimeout(RookeryError):
    """`on_start` did not return within the spec's `start_timeout`."""


def launch_child(system: System, inbox: Mailbox, child: Child) -> Reason | None:
    """Begin a new incarnation without waiting for it; the reason when not even its constructor succeeded."""
    child.cancel_retry()
    child.incarnation = system.next_incarnation()
    child.state = State.STARTING
    context = Context(child.path, child.incarnation, system, inbox.put_system, child.spec.type, name=child.spec.name)
    try:
        spec = in_node(child.spec) if child.spec.node else child.spec
        child.actor = spawn(spec.actor, spec.args, dict(spec.kwargs), context)
    except Exception as error:
        child.actor = None
        return Crashed.of(error)
    child.write(system)
    return None


def await_start(system: System, inbox: Mailbox, child: Child) -> Reason | None:
    """Wait for a launched child: None when it serves, else why it does not (`IGNORED`: there is nothing to run).

    Raises Stop when the supervisor itself is asked to end meanwhile.
    """
    match inbox.receive(lambda message: _concerns(child, message), child.spec.start_timeout):
        case Started(info=info):
            came_up(system, child, info)
            return None
        case Down(reason=reason):
            child.went_down(reason, system.clock.time())
            return reason
        case StopRequest(reason):
            raise Stop(reason)
        case _:
            stop_together(system, inbox, [child])
            return _too_slow(child)


@dataclass(frozen=True, slots=True)
class StartDue:
    """A note to self: `incarnation` of the eventual child `id`, for which nobody waits, should serve by now."""

    id: str
    incarnation: int


def overdue(system: System, inbox: Mailbox, child: Child, note: StartDue) -> Reason | None:
    """Get an eventual child that still starts out of the way; the reason, None when it is not (or no longer) late."""
    if child.incarnation != note.incarnation or child.state is not State.STARTING or not child.alive:
        return None
    force_out(system, inbox, child, child.spec.start_timeout)
    return _too_slow(child)


def _too_slow(child: Child) -> Reason:
    return Crashed(StartTimeout(f"not ready within {child.spec.start_timeout:g} s"))


def came_up(system: System, child: Child, info: object = None) -> None:
    """The child serves: say so in the tree and to everybody who listens."""
    child.state = State.RUNNING
    child.info = info
    child.running_since, child.started_at = system.clock.monotonic(), system.clock.time()
    child.write(system)
    system.events.emit(ChildStarted(path=child.path, incarnation=child.incarnation, restarts=child.restarts.total()))


def in_node(spec: ChildSpec) -> ChildSpec:
    """The spec of the node that runs this one. Raises SpecError when it cannot travel into another process."""
    from supervision.node.parent import of_child  # which is itself an actor, with children of its own

    return of_child(spec)


def _concerns(child: Child, message: object) -> bool:
    if isinstance(message, StopRequest):
        return True
    return isinstance(message, Started | Down) and child.is_from(message.path, message.incarnation)
