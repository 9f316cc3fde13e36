"""All services there are contracts for, and how their requests look. Functions of values; any thread."""

from collections.abc import Iterator, Mapping

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

from actors.rpc.contract import find, name_of
from actors.rpc.errors import RpcError
from apps.contracts import email_pb2, people_pb2, roots_pb2, sms_pb2

CONTRACTS: Mapping[str, ServiceDescriptor] = {
    name_of(service): service
    for module in (email_pb2, people_pb2, roots_pb2, sms_pb2)
    for service in module.DESCRIPTOR.services_by_name.values()
}

#: Served under names of their own: `roots.1f2e`.
BY_INSTANCE = frozenset({"roots"})

_TYPES = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


class UnknownService(RpcError):
    """There is no contract for a service of that name."""

    title = "Unknown service"
    status = 404


def contract_of(service: str) -> ServiceDescriptor:
    """Of a service or one instance of it (`roots.1f2e`). Raises UnknownService, which says what there is."""
    contract = CONTRACTS.get(service.partition(".")[0])
    if contract is None:
        known = ", ".join(sorted(CONTRACTS))
        raise UnknownService(f"no contract for a service {service!r}; there are {known}", field="service")
    return contract


def method_of(service: str, method: str) -> MethodDescriptor:
    """Raises UnknownService, UnknownMethod."""
    return find(contract_of(service), method)


def fields_of(message: Descriptor) -> Iterator[tuple[str, str]]:
    """Name and type of each field, as JSON wants to have it."""
    for field in message.fields:
        kind = _type_of(field)
        yield field.json_name, f"list of {kind}" if field.is_repeated and not kind.startswith("map ") else kind


def _type_of(field: FieldDescriptor) -> str:
    if field.enum_type is not None:
        return " | ".join(value.name for value in field.enum_type.values[1:])
    if field.message_type is None:
        return _TYPES[field.type]
    if field.message_type.GetOptions().map_entry:
        key, value = (_type_of(part) for part in field.message_type.fields)
        return f"map of {key} to {value}"
    return str(field.message_type.full_name)
