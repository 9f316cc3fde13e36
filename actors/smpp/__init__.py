"""SMPP 3.4: PDUs, a session as a pure state machine, and the bind actor that speaks the carrier port.

bind_spec("bind", "acme", BindConfig(hosts=("smsc.example.org:2775",), ...), subscriber, intake)
"""

from actors.smpp.bind import Bind
from actors.smpp.config import BindConfig, BindType, Gsm7, LongTexts, Numbering, ReceiptIds, Seconds
from actors.smpp.errors import BindRefused, CannotSay, ConnectFailed, CredentialsRefused, LinkEnded, SmppError, WrongPdu
from actors.smpp.ids import variants
from actors.smpp.specs import bind_spec, bind_specs

__all__ = [
    "Bind", "BindConfig", "BindRefused", "BindType", "CannotSay", "ConnectFailed", "CredentialsRefused", "Gsm7",
    "LinkEnded", "LongTexts", "Numbering", "ReceiptIds", "Seconds", "SmppError", "WrongPdu", "bind_spec", "bind_specs",
    "variants",
]  # fmt: skip
