"""The encodings of a text on the mobile network (3GPP 23.038, section 4). Values only; any thread."""

from enum import StrEnum


class Coding(StrEnum):
    """GSM-7 counts septets, UCS-2 code units of 16 bits, binary octets."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    BINARY = "binary"
