"""What a service promises, read from its protobuf descriptor. Functions of values; any thread.

A method that says `option idempotency_level = IDEMPOTENT` (or NO_SIDE_EFFECTS) in its .proto file may be run twice.
"""

from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from actors.rpc.errors import Undecodable, UnknownMethod, WrongContract, WrongType

#: Requests to a service wait in the queue of this name, followed by the service's.
QUEUE_PREFIX = "rpc."


def name_of(contract: ServiceDescriptor) -> str:
    """What the service is called by its callers: `rookery.people.v1.People` is `people`."""
    return str(contract.name).lower()


def queue_of(service: str) -> str:
    """Where requests wait for `service`, which may be followed by an instance: `roots.1f2e`."""
    return QUEUE_PREFIX + service


def check(contract: ServiceDescriptor, handlers: type) -> None:
    """Raises WrongContract when a method of the contract has no handler."""
    missing = [method.name for method in contract.methods if not callable(getattr(handlers, method.name, None))]
    if missing:
        raise WrongContract(f"{handlers.__qualname__} lacks {', '.join(missing)} of {contract.full_name}")


def find(contract: ServiceDescriptor, method: str) -> MethodDescriptor:
    """Raises UnknownMethod, which says what there is."""
    found = contract.methods_by_name.get(method)
    if found is None:
        known = ", ".join(sorted(contract.methods_by_name))
        raise UnknownMethod(f"{name_of(contract)} has no method {method!r}; it has {known}", field="method")
    return found


def may_run_twice(method: MethodDescriptor) -> bool:
    return bool(method.GetOptions().idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN)


def decode_request(method: MethodDescriptor, type_name: str, body: bytes) -> Any:
    """The typed request. Raises WrongType, Undecodable."""
    wanted = method.input_type
    if type_name != wanted.full_name:
        raise WrongType(f"{method.name} takes {wanted.full_name}, not {type_name or 'a message without a name'}")
    return _parse(GetMessageClass(wanted), body)


def decode_reply(type_name: str, body: bytes) -> Any:
    """The typed reply, if its generated module is imported here. Raises WrongType, Undecodable."""
    try:
        wanted = descriptor_pool.Default().FindMessageTypeByName(type_name)
    except KeyError:
        raise WrongType(f"the reply is a {type_name or 'message without a name'}, which nobody here knows") from None
    return _parse(GetMessageClass(wanted), body)


def _parse(kind: type[Message], body: bytes) -> Message:
    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise Undecodable(f"{len(body)} bytes are no {kind.DESCRIPTOR.full_name}: {error}") from error
