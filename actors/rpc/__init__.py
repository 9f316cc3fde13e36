"""Remote calls over the broker, with protobuf bodies: a request queue per service, a reply queue per process.

Rpc(system).call("people", "Find", FindRequest(...), timeout_seconds=2.0)     # any thread
server_spec(settings, PeopleService, "/people/rpc")                            # a branch that serves
"""

from typing import TYPE_CHECKING, Any

from supervision.app import App

if TYPE_CHECKING:
    from actors.rpc.calling import Rpc
    from actors.rpc.client import CLIENT, Answer, Call, NoAnswer
    from actors.rpc.errors import NobodyThere, RemoteError, RpcError, TimedOut
    from actors.rpc.specs import server_spec

__all__ = [
    "APP",
    "CLIENT",
    "Answer",
    "Call",
    "NoAnswer",
    "NobodyThere",
    "RemoteError",
    "Rpc",
    "RpcError",
    "TimedOut",
    "server_spec",
]

APP = App(
    name="rpc",
    config="actors.rpc.config:RpcConfig",
    supervisor="actors.rpc.specs:supervisor",
    metrics="actors.rpc.metrics:collector",
    placement="everywhere",
)

_HOMES = {
    "Rpc": "calling",
    "CLIENT": "client",
    "Answer": "client",
    "Call": "client",
    "NoAnswer": "client",
    "NobodyThere": "errors",
    "RemoteError": "errors",
    "RpcError": "errors",
    "TimedOut": "errors",
    "server_spec": "specs",
}


def __getattr__(name: str) -> Any:
    """Loaded when first used: the command line reads this package's record without paying for protobuf."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"actors.rpc.{_HOMES[name]}"), name)
