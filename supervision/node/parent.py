"""`Node`: an actor whose body is an operating-system process. To its supervisor it is a child like any other.

The actor's thread starts the process, waits for its handshake and, at the end, for its exit; a second thread (`watch`)
listens to the link meanwhile. The breaker of this actor is SIGKILL, so a shutdown past its deadline is a real kill.
"""

import itertools
import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pykka

from supervision.actor import Actor, Ignore, Stop
from supervision.events import NodeLost
from supervision.faults import FaultRule, Kind
from supervision.faults.body import strike_process
from supervision.messages import StopRequest
from supervision.node.cargo import packed
from supervision.node.errors import LinkFull, LinkLost, NoAnswer, NodeError, RefusedThere
from supervision.node.messages import Answer, Ask, Boot, Failed, Ready, StopNode
from supervision.node.options import Options
from supervision.node.process import Process
from supervision.node.watch import Gone, Watch
from supervision.reasons import IGNORED, Lost, Reason
from supervision.spec import ChildSpec

#: Seconds the supervisor waits longer than the node for a start, so that the node tells its own story.
START_MARGIN_SECONDS = 2.0
#: The same as a share, where the supervisor's own deadline is given.
START_SHARE = 0.9
#: Seconds a process has to exit when its subtree has ended, or after it was killed.
EXIT_SECONDS = 5.0
_TURN_SECONDS = 0.05


class StartTooSlow(NodeError):
    """The process or its subtree did not serve in time; it was killed."""


class Node(Actor):
    """Use `Node.spec`. Runs `child`, at the node's own path, in a process of its own."""

    def __init__(self, child: ChildSpec, options: Options) -> None:
        super().__init__()
        self.child = child
        self.options = options
        #: Of the process; 0 when there is none.
        self.pid = 0
        self._process: Process | None = None
        self._watch: Watch | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, pykka.ThreadingFuture[Answer]] = {}
        self._first: Ready | Failed | Gone | Answer | None = None
        self._answered = threading.Event()
        self._struck = False

    @classmethod
    def spec(
        cls,
        id: str,
        child: ChildSpec,
        options: Options | None = None,
        *,
        shutdown: float | None = None,
        **childspec: Any,
    ) -> ChildSpec:
        """The spec of a node that runs `child`, whose children then stand right below the node's path.

        `shutdown` defaults to the options' `shutdown_seconds`. Raises SpecError when the subtree does not pickle.
        """
        options = options or Options()
        packed(child, options)
        return ChildSpec(
            id=id,
            actor=cls,
            args=(child, options),
            type="supervisor",
            shutdown=options.shutdown_seconds if shutdown is None else shutdown,
            start_timeout=options.start_timeout_seconds + START_MARGIN_SECONDS,
            **childspec,
        )

    # --- life --------------------------------------------------------------------------------------

    def on_start(self) -> None:
        self.context.system.tree.nodes.add(self.context.path)
        self.context.system.tree.clear_below(self.context.path)
        cargo = packed(self.child, self.options)
        process = self._process = Process()
        self.pid = process.pid
        self.on_break(process.kill)
        level = logging.getLogger().getEffectiveLevel()
        with suppress(LinkLost):  # then the end of the process says more than the end of the link
            process.link.send(Boot(self.context.path, self.context.incarnation, level, cargo))
        self._watch = Watch(self.context.system, self.context.path, process, self.options, self._heard)
        self._await_ready(process)

    def _await_ready(self, process: Process) -> None:
        deadline = time.monotonic() + self.options.start_timeout_seconds
        assert self._watch is not None
        self._watch.start()
        while not self._answered.wait(_TURN_SECONDS):
            stop = self.actor_inbox.receive(lambda message: isinstance(message, StopRequest), 0.0)
            if stop is not None:
                raise Stop(stop.reason)
            if time.monotonic() > deadline:
                raise StartTooSlow(f"process {process.pid} did not serve in {self.options.start_timeout_seconds:g} s")
        match self._first:
            case Failed(reason):
                raise Ignore if reason == IGNORED else Stop(reason)
            case Gone(reason):
                raise Stop(reason)

    def on_receive(self, message: Any) -> Any:
        match message:
            case Gone(reason):
                if isinstance(reason, Lost):
                    reason = replace(reason, injected=self._struck)
                    path, incarnation = self.context.path, self.context.incarnation
                    self.context.system.events.emit(
                        NodeLost(path=path, incarnation=incarnation, pid=self.pid, reason=reason)
                    )
                raise Stop(reason)
            case _:
                return super().on_receive(message)

    def terminate(self, reason: Reason) -> None:
        """Stop the process in order if there is time for that, else kill it; nothing of it is left afterwards."""
        process = self._process
        if process is not None:
            if reason.expected and not process.has_ended() and not self.context.fence.closed:
                self._stop_in_order(process, reason)
            process.kill()
            process.has_ended(EXIT_SECONDS)
            if self._watch is not None:
                self._watch.close()
            process.link.close()
        self.context.system.tree.clear_below(self.context.path)
        self.context.system.tree.put_zombies_in(self.context.path, ())
        for future in list(self._asked.values()):
            future.set(_gone(self.context.path))

    def _stop_in_order(self, process: Process, reason: Reason) -> None:
        """Until it has ended: whoever waits for us has a deadline and a breaker."""
        with suppress(LinkLost, LinkFull):
            process.link.send(StopNode(reason))
        while not process.has_ended(_TURN_SECONDS):
            pass

    # --- any thread --------------------------------------------------------------------------------

    def measured(self, collector: str) -> tuple[Any, ...]:
        """The metric families that this collector, by its dotted name, had in the node at the last look."""
        return () if self._watch is None else self._watch.measured.get(collector, ())

    def ask(self, verb: str, params: dict[str, Any], timeout: float = 2.0) -> Any:
        """Have the node carry out an operator's verb on a path inside it.

        Raises:
            NoAnswer: it may have been done. RefusedThere: what the verb raised inside.
        """
        process = self._process
        if process is None:
            raise NoAnswer(f"{self.context.path} has no process")
        number = next(self._numbers)
        future: pykka.ThreadingFuture[Answer] = pykka.ThreadingFuture()
        self._asked[number] = future
        try:
            process.link.send(Ask(number, verb, params))
            answer = future.get(timeout=timeout)
        except (LinkLost, LinkFull) as error:
            raise NoAnswer(f"{self.context.path}: {error}") from error
        except pykka.Timeout:
            raise NoAnswer(f"{self.context.path} did not answer within {timeout:g} s") from None
        finally:
            self._asked.pop(number, None)
        if answer.error is not None:
            raise RefusedThere(*answer.error)
        return answer.value

    def inject(self, kind: Kind, rule: FaultRule) -> Callable[[], None] | None:
        """A node fault on purpose; what it leads to is then no real loss."""
        process = self._process
        assert process is not None

        def send(number: signal.Signals) -> None:
            self._struck = number is not signal.SIGCONT
            process.signal(number)

        return strike_process(send, rule, self.context.system.clock)

    def _heard(self, message: Ready | Failed | Gone | Answer) -> None:
        """In the watching thread."""
        match message:
            case Answer(number):
                future = self._asked.get(number)
                if future is not None:
                    future.set(message)
            case _ if not self._answered.is_set():
                self._first = message
                self._answered.set()
            case _:
                with suppress(pykka.ActorDeadError):
                    self.actor_inbox.put_unbounded(message)


def _gone(path: str) -> Answer:
    return Answer(0, error=(f"{path} ended before it answered", NoAnswer.title, NoAnswer.status, None))


def of_child(spec: ChildSpec) -> ChildSpec:
    """The spec of a node for a child that asks for one, within the child's own deadlines. Raises SpecError."""
    own = Options()
    shutdown = spec.shutdown_seconds
    options = replace(
        own,
        shutdown_seconds=own.shutdown_seconds if shutdown is None else shutdown,
        # A little less than its supervisor waits, so that it is the node that tells what happened.
        start_timeout_seconds=spec.start_timeout * START_SHARE,
    )
    return Node.spec(spec.id, replace(spec, node=False, name=None), options)
