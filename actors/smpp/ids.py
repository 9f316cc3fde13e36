"""The names by which an SMSC calls one text, which differ between its answer and its receipt. Pure; any thread.

The same SMSC may say `0012AB` when it takes a text and `4779` when it delivers it. What a carrier does is configured;
where nobody knows, a receipt is looked for under all `variants` of its id.
"""

import re

from actors.smpp.config import ReceiptIds

_HEX = re.compile(r"[0-9A-Fa-f]{1,32}")
_DECIMAL = re.compile(r"[0-9]{1,39}")


def variants(message_id: str) -> tuple[str, ...]:
    """Everything that an id may be called elsewhere, likeliest first, each once; the id itself is the first.

    Take the first that is known: `1000` may be one text's id in decimal and another's in hexadecimal.
    Leading zeros, upper and lower case, hexadecimal read as decimal and the other way round, padded to 8 digits or not.
    """
    found = [message_id, message_id.strip()]
    plain = message_id.strip().lstrip("0") or "0"
    if _HEX.fullmatch(plain):
        found += [plain, plain.lower(), plain.upper(), str(int(plain, 16))]
    if _DECIMAL.fullmatch(plain):
        number = f"{int(plain):x}"
        found += [number, number.upper()]
    padded = [one.rjust(8, "0") for one in found[2:]]
    return tuple(dict.fromkeys(found + padded))


def accepted(message_id: str, mode: ReceiptIds) -> str:
    """The id in submit_sm_resp as it is kept, so that `receipted` gives the same."""
    match mode:
        case ReceiptIds.HEX_TO_DECIMAL if _DECIMAL.fullmatch(message_id):
            return str(int(message_id))
        case ReceiptIds.DECIMAL_TO_HEX if _HEX.fullmatch(message_id):
            return f"{int(message_id, 16):x}"
    return message_id


def receipted(message_id: str, mode: ReceiptIds) -> str:
    """The id in a receipt, as `accepted` would have kept it."""
    match mode:
        case ReceiptIds.HEX_TO_DECIMAL if _HEX.fullmatch(message_id):
            return str(int(message_id, 16))
        case ReceiptIds.DECIMAL_TO_HEX if _DECIMAL.fullmatch(message_id):
            return f"{int(message_id):x}"
    return message_id
