"""How a remote call can end without a reply. The three outcomes stay apart; any thread."""

from collections.abc import Mapping
from typing import Any

from actors.errors import ActorsError


class RpcError(ActorsError):
    """Root of this folder's errors."""

    title = "The remote call failed"


class NobodyThere(RpcError):
    """No process serves it: there is no request queue of that name. The request was never run."""

    title = "Nobody serves this"
    exit_code = 69
    status = 503


class TimedOut(RpcError):
    """No reply before the deadline, or the server died over the request: it may have run."""

    title = "The service did not reply in time"
    exit_code = 75
    status = 504


class RemoteError(RpcError):
    """The peer's own error, with its title, detail, field, status and exit code; `type` is its class over there."""

    title = "The service refused"

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("detail", "")), field=document.get("field") or None)
        self.type = str(document.get("type", "RemoteError"))
        self.title = str(document.get("title", self.title))
        self.status = _within(range(400, 600), document.get("status"), 500)
        self.exit_code = _within(range(1, 256), document.get("exit_code"), 1)


def _within(allowed: range, told: Any, otherwise: int) -> int:
    """A peer may tell us anything; that must not end the client, nor look like a success."""
    return told if isinstance(told, int) and told in allowed else otherwise


class WrongContract(RpcError):
    """A handler class does not fit the service in its .proto file. Found when the tree is built."""

    title = "The handlers do not fit the contract"
    exit_code = 78


# What a server answers to a request that it cannot even begin.


class UnknownMethod(RpcError):
    """The service has no method of that name."""

    title = "Unknown method"
    status = 404


class WrongType(RpcError):
    """The body is another message than the method takes, perhaps of another version of the contract."""

    title = "The request is of the wrong type"
    status = 415


class Undecodable(RpcError):
    """The body is no such message."""

    title = "The message cannot be decoded"
    status = 400
