"""Calling a service and waiting for its reply. Cheap to make; any thread but an actor's that must not wait.

found = Rpc(system).call("people", "Find", FindRequest(address="ada@example.org"), timeout_seconds=2.0)

An actor casts `Call(..., reply_to=its path)` to `CLIENT` instead.
"""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message as Body

from actors.errors import Unavailable
from actors.rpc.client import CLIENT, Call
from actors.rpc.errors import TimedOut
from actors.rpc.worker import PING
from supervision import CallTimeout, MailboxFull, NoProc, System

#: How much longer than the deadline the client actor may take to tell that it is over.
MARGIN_SECONDS = 2.0


class Rpc:
    """The services that the processes on this broker serve."""

    def __init__(self, system: System) -> None:
        self._client = system.address(CLIENT)

    def call(self, service: str, method: str, request: Body, timeout_seconds: float = 5.0) -> Any:
        """The reply, of the type that the contract says.

        Raises:
            NobodyThere: no process serves it; it was not run.
            TimedOut: no reply in time; it may have run.
            RemoteError: the service's own error.
            Unavailable: this process has no broker at the moment; it was not run.
        """
        call = Call(service, method, request, timeout_seconds)
        try:
            return self._client.call(call, timeout_seconds + MARGIN_SECONDS)
        except (NoProc, MailboxFull) as error:
            raise Unavailable("the rpc client", CLIENT, str(error)) from error
        except CallTimeout as error:
            raise TimedOut(f"{service} {method}: {error}") from error

    def ping(self, service: str, timeout_seconds: float = 1.0) -> None:
        """Returns when somebody serves it; raises as `call` does."""
        self.call(service, PING, Empty(), timeout_seconds)
