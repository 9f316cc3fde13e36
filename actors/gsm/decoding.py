"""Text from octets by SMPP's data_coding, which is the network's coding scheme too (SMPP 3.4, 5.2.19; 23.038, 4). Pure.

Values below 0x0F are SMPP's own; the rest is read as the network does: general groups, flash, message waiting. GSM-7 is
taken one septet to an octet. Pictograms (0x09) and compressed text are nobody's any more, and are octets here.
"""

from actors.gsm.alphabet import DEFAULT, Alphabet
from actors.gsm.coding import Coding

GSM7 = "gsm7"
UCS2 = "utf-16-be"
#: SMPP's own values, by the name of Python's codec. 0 is whatever the SMSC calls its default.
_SMPP = {
    0x01: "ascii",
    0x03: "latin-1",
    0x05: "shift_jis",
    0x06: "iso8859-5",
    0x07: "iso8859-8",
    0x08: UCS2,
    0x0A: "iso2022_jp",
    0x0D: "euc_jp",
    0x0E: "euc_kr",
}
_SMPP_BELOW = 0x0F
_BY_BITS = {0b00: GSM7, 0b10: UCS2}


def data_coding(coding: Coding) -> int:
    """What SMPP says beside a body that `split` made."""
    return {Coding.GSM7: 0x00, Coding.UCS2: 0x08, Coding.BINARY: 0x04}[coding]


def charset(data_coding: int, default: str = GSM7) -> str | None:
    """The name of the character set; None for octets that are no text. `default` is the SMSC's own, for 0."""
    if data_coding == 0:
        return default
    if data_coding < _SMPP_BELOW:
        return _SMPP.get(data_coding)
    match data_coding >> 4:
        case 0b0000 | 0b0001 | 0b0100 | 0b0101:
            return _BY_BITS.get(data_coding >> 2 & 0b11)
        case 0b1100 | 0b1101:
            return GSM7
        case 0b1110:
            return UCS2
        case 0b1111:
            return None if data_coding & 0b100 else GSM7
        case _:
            return None


def decode(data_coding: int, body: bytes, alphabet: Alphabet = DEFAULT, default: str = GSM7) -> str | None:
    """The text; None for octets. What the character set has nothing for becomes the replacement character."""
    name = charset(data_coding, default)
    if name is None:
        return None
    return alphabet.decode(body) if name == GSM7 else body.decode(name, "replace")
