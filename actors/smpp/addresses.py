"""Addresses between the port's `Party` and SMPP's type of number, numbering plan and digits. Pure; any thread.

SMSCs say TON and NPI as they like; so what arrives is read by its looks where they do not decide.
"""

import re
from collections.abc import Mapping

from actors.carrier.port import NumberType, Party
from actors.smpp.config import BindConfig, Numbering
from actors.smpp.errors import CannotSay

INTERNATIONAL, NATIONAL, NETWORK, ALPHANUMERIC = 1, 2, 3, 5
ISDN = 1
#: Up to so many digits are a short code when nothing else is said.
SHORT_DIGITS = 8
#: Characters of an alphanumeric address that fit into the network's address field (3GPP 23.040, 9.1.2.5).
NAME_CHARACTERS = 11
_DIGITS = re.compile(r"[0-9]+")

DEFAULTS: Mapping[NumberType, Numbering] = {
    NumberType.E164: Numbering(ton=INTERNATIONAL, npi=ISDN),
    NumberType.SHORT_CODE: Numbering(ton=NETWORK, npi=0),
    NumberType.ALPHANUMERIC: Numbering(ton=ALPHANUMERIC, npi=0),
}


def write(party: Party, config: BindConfig) -> tuple[int, int, str]:
    """TON, NPI and address. Raises CannotSay."""
    numbering = config.numbering.get(party.type, DEFAULTS[party.type])
    value = party.value
    if party.type is NumberType.ALPHANUMERIC:
        if not value.isascii() or not 1 <= len(value) <= NAME_CHARACTERS:
            raise CannotSay(f"a sender's name has 1 to {NAME_CHARACTERS} ASCII characters")
    else:
        digits = value.removeprefix("+")
        if not _DIGITS.fullmatch(digits) or len(digits) > 15:
            raise CannotSay("a number has up to 15 digits")
        value = f"+{digits}" if config.plus and party.type is NumberType.E164 else digits
    return numbering.ton, numbering.npi, value


def read(ton: int, value: str, config: BindConfig) -> Party:
    """What arrived as somebody's address."""
    digits = value.strip().removeprefix("+")
    if ton == ALPHANUMERIC or not _DIGITS.fullmatch(digits):
        return Party(NumberType.ALPHANUMERIC, value)
    if ton == INTERNATIONAL or value.strip().startswith("+"):
        return Party(NumberType.E164, f"+{digits}")
    if ton == NATIONAL and config.country_code:
        return Party(NumberType.E164, f"+{config.country_code}{digits.lstrip('0')}")
    if ton == NETWORK or len(digits) <= SHORT_DIGITS:
        return Party(NumberType.SHORT_CODE, digits)
    return Party(NumberType.E164, f"+{digits}")
