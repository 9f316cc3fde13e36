"""The commands of SMPP 3.4 that go between an SMSC and us, as a table of their mandatory parameters (section 4).

Not here, because nothing sends them to us and we send them to nobody: cancel, replace, submit_multi. They are
answered like any unknown command. Values only; any thread.
"""

from dataclasses import dataclass

from actors.smpp.fields import CString, Field, Integer, Octets

RESPONSE = 0x80000000


@dataclass(frozen=True, slots=True)
class Command:
    """`number` is the command_id. In a response the body may be absent."""

    name: str
    number: int
    fields: tuple[Field, ...] = ()

    @property
    def is_response(self) -> bool:
        return bool(self.number & RESPONSE)


def _octet(*names: str) -> tuple[Field, ...]:
    return tuple(Integer(name, 1) for name in names)


def _address(prefix: str, name: str, size: int = 21) -> tuple[Field, ...]:
    return (*_octet(f"{prefix}_addr_ton", f"{prefix}_addr_npi"), CString(name, size))


_BIND: tuple[Field, ...] = (
    CString("system_id", 16),
    # The standard says 8 characters; carriers give longer ones, and take them.
    CString("password", 65),
    CString("system_type", 13),
    *_octet("interface_version", "addr_ton", "addr_npi"),
    CString("address_range", 41),
)
_BOUND: tuple[Field, ...] = (CString("system_id", 16),)
_MESSAGE_ID: tuple[Field, ...] = (CString("message_id", 65),)
_MESSAGE: tuple[Field, ...] = (
    CString("service_type", 6),
    *_address("source", "source_addr"),
    *_address("dest", "destination_addr"),
    *_octet("esm_class", "protocol_id", "priority_flag"),
    CString("schedule_delivery_time", 17),
    CString("validity_period", 17),
    *_octet("registered_delivery", "replace_if_present_flag", "data_coding", "sm_default_msg_id"),
    Octets("short_message"),
)
_DATA: tuple[Field, ...] = (
    CString("service_type", 6),
    *_address("source", "source_addr", 65),
    *_address("dest", "destination_addr", 65),
    *_octet("esm_class", "registered_delivery", "data_coding"),
)

GENERIC_NACK = Command("generic_nack", RESPONSE)
BIND_RECEIVER = Command("bind_receiver", 0x01, _BIND)
BIND_TRANSMITTER = Command("bind_transmitter", 0x02, _BIND)
BIND_TRANSCEIVER = Command("bind_transceiver", 0x09, _BIND)
BIND_RECEIVER_RESP = Command("bind_receiver_resp", RESPONSE | 0x01, _BOUND)
BIND_TRANSMITTER_RESP = Command("bind_transmitter_resp", RESPONSE | 0x02, _BOUND)
BIND_TRANSCEIVER_RESP = Command("bind_transceiver_resp", RESPONSE | 0x09, _BOUND)
OUTBIND = Command("outbind", 0x0B, (CString("system_id", 16), CString("password", 9)))
UNBIND = Command("unbind", 0x06)
UNBIND_RESP = Command("unbind_resp", RESPONSE | 0x06)
ENQUIRE_LINK = Command("enquire_link", 0x15)
ENQUIRE_LINK_RESP = Command("enquire_link_resp", RESPONSE | 0x15)
SUBMIT_SM = Command("submit_sm", 0x04, _MESSAGE)
SUBMIT_SM_RESP = Command("submit_sm_resp", RESPONSE | 0x04, _MESSAGE_ID)
QUERY_SM = Command("query_sm", 0x03, (*_MESSAGE_ID, *_address("source", "source_addr")))
QUERY_SM_RESP = Command(
    "query_sm_resp", RESPONSE | 0x03, (*_MESSAGE_ID, CString("final_date", 17), *_octet("message_state", "error_code"))
)
DELIVER_SM = Command("deliver_sm", 0x05, _MESSAGE)
DELIVER_SM_RESP = Command("deliver_sm_resp", RESPONSE | 0x05, _MESSAGE_ID)
DATA_SM = Command("data_sm", 0x103, _DATA)
DATA_SM_RESP = Command("data_sm_resp", RESPONSE | 0x103, _MESSAGE_ID)
ALERT_NOTIFICATION = Command(
    "alert_notification", 0x102, (*_address("source", "source_addr", 65), *_address("esme", "esme_addr", 65))
)

COMMANDS = (
    GENERIC_NACK, BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER, BIND_RECEIVER_RESP, BIND_TRANSMITTER_RESP,
    BIND_TRANSCEIVER_RESP, OUTBIND, UNBIND, UNBIND_RESP, ENQUIRE_LINK, ENQUIRE_LINK_RESP, SUBMIT_SM, SUBMIT_SM_RESP,
    QUERY_SM, QUERY_SM_RESP, DELIVER_SM, DELIVER_SM_RESP, DATA_SM, DATA_SM_RESP, ALERT_NOTIFICATION,
)  # fmt: skip
BY_NUMBER = {command.number: command for command in COMMANDS}


def response_to(request: Command) -> Command:
    """Raises KeyError for what has none: outbind, alert_notification."""
    return BY_NUMBER[request.number | RESPONSE]
