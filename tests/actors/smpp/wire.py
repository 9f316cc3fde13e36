"""PDUs as a peer would write them, for the tests of the session and what is above it."""

from typing import Any

from actors.carrier.port import NumberType, Party, Piece
from actors.gsm import Coding
from actors.smpp import commands
from actors.smpp.commands import Command
from actors.smpp.config import BindConfig
from actors.smpp.pdu import Pdu, encode
from actors.smpp.tags import Tlvs

MEMBER = Party(NumberType.E164, "+15551234567")
LEADER = Party(NumberType.SHORT_CODE, "12345")


def frame(command: Command, sequence: int, status: int = 0, tlvs: Tlvs = (), **fields: Any) -> bytes:
    return encode(Pdu(command, sequence, status, fields, tlvs))


def said(sequence: int, status: int = 0, message_id: str = "") -> bytes:
    """An answer to submit_sm."""
    return frame(commands.SUBMIT_SM_RESP, sequence, status, message_id=message_id)


def text_from(
    octets: bytes, *, sequence: int = 1, esm_class: int = 0, data_coding: int = 0, tlvs: Tlvs = (), **fields: Any
) -> Pdu:
    """A deliver_sm from the member to the leader."""
    wanted: dict[str, Any] = {
        "source_addr_ton": 1, "source_addr": "15551234567", "dest_addr_ton": 3, "destination_addr": "12345",
        "esm_class": esm_class, "data_coding": data_coding, "short_message": octets, **fields,
    }  # fmt: skip
    return Pdu(commands.DELIVER_SM, sequence, fields=wanted, tlvs=tlvs)


def config(**options: Any) -> BindConfig:
    return BindConfig(**{"hosts": ("127.0.0.1:2775",), "system_id": "rookery", "password": "secret", **options})


def piece(number: int = 1, *, key: str = "text", total: int = 1, **options: Any) -> Piece:
    wanted: dict[str, Any] = {
        "units": 1, "source": LEADER, "destination": MEMBER, "coding": Coding.GSM7, "body": b"hello", "udh": b"",
        "text": "hello", **options,
    }  # fmt: skip
    return Piece(key, number, total, **wanted)
