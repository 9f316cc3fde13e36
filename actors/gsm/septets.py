"""Septets packed into octets and back (3GPP 23.038, 6.1.2.1), after a header with its fill bits too. Pure; any thread.

For carriers that take the whole user data packed. Nothing is padded with a carriage return: that is for USSD, and the
number of septets is always told.
"""

SEPTET = 7
OCTET = 8


def fill_bits(header_octets: int) -> int:
    """Bits between a header and the first septet, so that septets begin where one would without a header."""
    return -header_octets * OCTET % SEPTET


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Septets, one to an octet, packed after `fill` zero bits."""
    number = 0
    for septet in reversed(septets):
        number = number << SEPTET | septet & 0x7F
    octets = -(-(len(septets) * SEPTET + fill) // OCTET)
    return (number << fill).to_bytes(octets, "little")


def unpack(packed: bytes, count: int, fill: int = 0) -> bytes:
    """The first `count` septets after `fill` bits, one to an octet; fewer when there are not so many."""
    number = int.from_bytes(packed, "little") >> fill
    count = min(count, max(0, (len(packed) * OCTET - fill) // SEPTET))
    return bytes(number >> SEPTET * index & 0x7F for index in range(count))
