"""From what carriers write to a party of the port. Pure; any thread."""

import re

from actors.carrier.errors import WrongNumber
from actors.carrier.port import NumberType, Party

#: ITU-T E.164: at most 15 digits, the first one no zero.
_E164 = re.compile(r"\+[1-9][0-9]{2,14}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
#: 3GPP 23.040, 9.1.2.5: as many characters of GSM-7 as fit into ten octets.
_NAME = re.compile(r"[ -~]{1,11}")


def party(value: str) -> Party:
    """`+` and digits, a short code's digits, or a name. Raises WrongNumber."""
    if _E164.fullmatch(value):
        return Party(NumberType.E164, value)
    if _SHORT_CODE.fullmatch(value):
        return Party(NumberType.SHORT_CODE, value)
    if not value.startswith("+") and not value.isdigit() and _NAME.fullmatch(value):
        return Party(NumberType.ALPHANUMERIC, value)
    raise WrongNumber(f"{value[:40]!r} is no number of a phone, no short code and no sender's name")
