"""Two or more trees on one broker, each as a process of its own would be, and a service whose handlers obey the test.

The contract is described here and not in a .proto file, so that it belongs to the tests alone.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from google.protobuf import descriptor_pb2, descriptor_pool, wrappers_pb2

from actors import broker, rpc
from actors.broker.config import BrokerConfig
from actors.broker.specs import publisher_spec
from actors.rpc import Rpc, server_spec
from actors.rpc.config import RpcConfig
from actors.rpc.specs import supervisor as client_spec
from supervision import Refusal, Supervisor
from supervision.config import Settings
from supervision.testing import PATIENCE_SECONDS, Running, running

Text = wrappers_pb2.StringValue
TYPE = "google.protobuf.StringValue"


def _describe() -> Any:
    """`service Echo`: Say and Slowly may run twice, Charge may not."""
    file = descriptor_pb2.FileDescriptorProto(name="tests/echo.proto", package="tests", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    service = file.service.add(name="Echo")
    for name, level in (("Say", 1), ("Slowly", 2), ("Charge", 0), ("Refuse", 1), ("Break", 1), ("Die", 1), ("Grow", 1)):
        method = service.method.add(name=name, input_type=f".{TYPE}", output_type=f".{TYPE}")
        if level:
            method.options.idempotency_level = level  # type: ignore[assignment]
    pool = descriptor_pool.Default()
    pool.Add(file)
    return pool.FindServiceByName("tests.Echo")


class Full(Refusal):
    """A service's own answer."""

    title = "The nest is full"
    status = 409


@dataclass
class Stage:
    """What the handlers of a test share with it."""

    gate: threading.Event = field(default_factory=threading.Event)
    reached: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    ran: list[str] = field(default_factory=list)
    lives: int = 1


class Echo:
    """The handlers."""

    contract: ClassVar[Any] = _describe()
    stage: ClassVar[Stage]
    #: An instance of the test's own, since tests share a RabbitMQ.
    service: ClassVar[str]

    def __init__(self, site: Any) -> None:
        self.site = site

    def Say(self, request: Any) -> Any:
        self.stage.ran.append(request.value)
        return Text(value=request.value)

    def Slowly(self, request: Any) -> Any:
        """Until the test opens the gate."""
        self._wait(request)
        return Text(value=request.value)

    def Charge(self, request: Any) -> Any:
        self._wait(request)
        return Text(value="charged")

    def Refuse(self, request: Any) -> Any:
        raise Full("no room for one more", field="value")

    def Break(self, request: Any) -> Any:
        raise RuntimeError("secret inner workings")

    def Die(self, request: Any) -> Any:
        """End the worker, as often as the test says."""
        self.stage.ran.append(request.value)
        self.stage.lives -= 1
        if self.stage.lives >= 0:
            raise SystemExit(1)
        return Text(value="alive")

    def Grow(self, request: Any) -> Any:
        return Text(value="x" * int(request.value))

    def _wait(self, request: Any) -> None:
        self.stage.ran.append(request.value)
        self.stage.reached.release()
        assert self.stage.gate.wait(PATIENCE_SECONDS)


@dataclass
class Process:
    """One tree with a publisher, a client and perhaps a server."""

    tree: Running
    settings: Settings

    def call(self, method: str, request: Any, timeout_seconds: float = 5.0) -> Any:
        return Rpc(self.tree.system).call(Echo.service, method, request, timeout_seconds)

    def ping(self) -> None:
        Rpc(self.tree.system).ping(Echo.service)

    def counts(self, path: str) -> dict[str, int]:
        actor: Any = self.tree.system.registry.running(path)
        return {} if actor is None else dict(actor.counts)


def settings_for(home: Path, url: str, **rpc_section: Any) -> Settings:
    sections = {
        "broker": BrokerConfig.model_validate({"url": url, "poll_seconds": 0.02, "max_body_bytes": 100_000}),
        "rpc": RpcConfig.model_validate({"concurrency": 2, "linger_seconds": 0.5, **rpc_section}),
    }
    return Settings(home, {}, (broker.APP, rpc.APP), sections)


@contextmanager
def process(settings: Settings, serving: bool = False) -> Iterator[Process]:
    """Ready to call, and to be called, as long as the block runs."""
    children = [Supervisor.spec("broker", [publisher_spec(settings)]), client_spec(settings)]
    if serving:
        children.append(server_spec(settings, Echo, "/rpc-echo", Echo.service.partition(".")[2], id="rpc-echo"))
    with running(*children, intensity=100) as tree:
        for path in ("/broker/publisher", "/rpc/replies", *(("/rpc-echo/consumer",) if serving else ())):
            tree.wait_state(path, "running")
        yield Process(tree, settings)


@contextmanager
def two(settings: Settings) -> Iterator[tuple[Process, Process]]:
    """A caller, and a server elsewhere."""
    with ExitStack() as stack:
        server = stack.enter_context(process(settings, serving=True))
        yield stack.enter_context(process(settings)), server
