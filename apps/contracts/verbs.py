"""Calls to services through a root, over its control socket and HTTP API, with protobuf's JSON mapping.

Each runs in a short-lived thread and waits for the reply, at most as long as it says.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from pydantic import Field

from actors.errors import Unavailable
from actors.rpc import NobodyThere, Rpc, TimedOut
from apps.contracts.services import BY_INSTANCE, CONTRACTS, method_of
from supervision.verbs import NoParams, Params, Site, Verb, WrongParams

PROBE_SECONDS = 1.0


class CallParams(Params):
    """A call; `request` is protobuf's JSON form of the method's request."""

    service: str = Field(min_length=1, max_length=200)
    method: str = Field(min_length=1, max_length=200)
    request: dict[str, Any] = Field(default_factory=dict)
    timeout_seconds: float = Field(5.0, gt=0, le=25.0)


def call(site: Site, params: CallParams) -> dict[str, Any]:
    """Raises UnknownService, UnknownMethod, WrongParams; NobodyThere, TimedOut, RemoteError; Unavailable."""
    method = method_of(params.service, params.method)
    try:
        request = json_format.ParseDict(params.request, GetMessageClass(method.input_type)())
    except json_format.ParseError as error:
        raise WrongParams(f"no {method.input_type.full_name}: {error}", field="request") from error
    reply = Rpc(site.system).call(params.service, params.method, request, params.timeout_seconds)
    found: dict[str, Any] = json_format.MessageToDict(reply)
    return found


def services(site: Site, params: NoParams) -> dict[str, str]:
    """Of each service, whether somebody serves it now."""
    rpc = Rpc(site.system)

    def probe(service: str) -> str:
        if service in BY_INSTANCE:
            return f"by instance, as {service}.ID"
        try:
            rpc.ping(service, PROBE_SECONDS)
        except NobodyThere:
            return "nobody there"
        except TimedOut:
            return "does not reply"
        except Unavailable as error:
            return str(error)
        return "there"

    with ThreadPoolExecutor(max_workers=len(CONTRACTS)) as pool:
        return dict(zip(CONTRACTS, pool.map(probe, CONTRACTS), strict=True))


VERBS = (
    Verb("rpc.call", CallParams, call, writes=True, doc="Call a method of a service."),
    Verb("rpc.services", NoParams, services, doc="All services, and whether somebody serves them."),
)
