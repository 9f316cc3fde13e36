"""Optional parameters (TLVs) that mean something to us, and how their values are read (SMPP 3.4, section 5.3.2).

Pure; any thread. What a peer puts in a TLV is its own affair: reading one never fails. All others are kept as octets.
"""

from enum import IntEnum


class Tag(IntEnum):
    """`congestion_state` is of SMPP 5.0: 0 idle ... 100 congested."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MESSAGE_STATE = 0x0427
    CONGESTION_STATE = 0x0428


Tlvs = tuple[tuple[int, bytes], ...]


def octets(tlvs: Tlvs, tag: int) -> bytes | None:
    """The value of the first TLV with this tag."""
    return next((value for number, value in tlvs if number == tag), None)


def integer(tlvs: Tlvs, tag: int) -> int | None:
    """Whatever its length; None also when it is empty."""
    value = octets(tlvs, tag)
    return int.from_bytes(value, "big") if value else None


def text(tlvs: Tlvs, tag: int) -> str | None:
    """Up to its NUL, if it has one; None also when it is empty."""
    value = octets(tlvs, tag)
    return value.partition(b"\0")[0].decode("latin-1") or None if value else None
