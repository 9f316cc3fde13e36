"""Delivery receipts: which deliver_sm is one, and what it says (SMPP 3.4, section 5.2.12 and appendix B). Pure.

The TLVs receipted_message_id and message_state count before the text, whose format is only customary:

    id:0012AB sub:001 dlvrd:001 submit date:2611221201 done date:2611221202 stat:DELIVRD err:000 text:Hello

In any order and case, with words left out; so much is needed: an id and a state.
"""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo

from actors.carrier.port import Receipt, ReceiptState
from actors.smpp import ids
from actors.smpp.config import ReceiptIds
from actors.smpp.pdu import Pdu
from actors.smpp.tags import Tag, integer, octets, text

UCS2 = 0x08
_ESM_TYPE = 0x3C
#: Of esm_class: a receipt of the SMSC, a notification on the way. A phone's acknowledgements are texts like others.
_RECEIPTS = frozenset({0x04, 0x20})

_S = ReceiptState
#: `accepted` says in the standard that somebody has read it for the member; what SMSCs mean by it is that they have it.
BY_NUMBER: Mapping[int, ReceiptState] = {
    0: _S.SENT, 1: _S.SENT, 2: _S.DELIVERED, 3: _S.EXPIRED, 4: _S.DELETED, 5: _S.UNDELIVERED, 6: _S.SENT,
    7: _S.UNKNOWN, 8: _S.REJECTED, 9: _S.UNDELIVERED,
}  # fmt: skip
BY_WORD: Mapping[str, ReceiptState] = {
    "DELIVRD": _S.DELIVERED, "DELIVERED": _S.DELIVERED, "EXPIRED": _S.EXPIRED, "DELETED": _S.DELETED,
    "UNDELIV": _S.UNDELIVERED, "UNDELIVERABLE": _S.UNDELIVERED, "UNDELIVERED": _S.UNDELIVERED, "FAILED": _S.UNDELIVERED,
    "SKIPPED": _S.UNDELIVERED, "ACCEPTD": _S.SENT, "ACCEPTED": _S.SENT, "ENROUTE": _S.SENT, "BUFFRED": _S.SENT,
    "BUFFERED": _S.SENT, "SCHEDULED": _S.SENT, "REJECTD": _S.REJECTED, "REJECTED": _S.REJECTED,
    "UNKNOWN": _S.UNKNOWN,
}  # fmt: skip
#: A word without a value, as in `id: stat:DELIVRD`, does not take the next word for it.
_WORDS = re.compile(
    r"(?<!\w)(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err)\s*:\s*(?!\w+:|submit|done)([^\s:]+)", re.IGNORECASE
)
_SPACES = re.compile(r"[ _]")
_TEXT = re.compile(r"(?<!\w)text\s*:", re.IGNORECASE)
_DATES = {8: "%y%m%d%H", 10: "%y%m%d%H%M", 12: "%y%m%d%H%M%S", 14: "%Y%m%d%H%M%S"}


def is_receipt(pdu: Pdu) -> bool:
    """By its esm_class; or by its TLVs, for SMSCs that leave the class alone."""
    if pdu.number("esm_class") & _ESM_TYPE in _RECEIPTS:
        return True
    return integer(pdu.tlvs, Tag.MESSAGE_STATE) is not None and text(pdu.tlvs, Tag.RECEIPTED_MESSAGE_ID) is not None


def read(
    pdu: Pdu, carrier: str, mode: ReceiptIds, zone: tzinfo, opted_out: frozenset[int] = frozenset()
) -> Receipt | None:
    """None when it names no text or no state. `opted_out`: the error codes by which this carrier says so."""
    words = parse(_content(pdu))
    carrier_id = text(pdu.tlvs, Tag.RECEIPTED_MESSAGE_ID) or words.get("id")
    state = _state(integer(pdu.tlvs, Tag.MESSAGE_STATE), words.get("stat", ""))
    if not carrier_id or state is None:
        return None
    code = words.get("err") or _network_error(pdu)
    return Receipt(
        carrier,
        ids.receipted(carrier_id.strip(), mode),
        state,
        code,
        moment(words.get("donedate", ""), zone),
        opted_out=code.isdecimal() and int(code) in opted_out,
    )


def parse(content: str) -> dict[str, str]:
    """The words of the customary format, by their names in lower case without spaces.

    What follows `text:` is what somebody wrote, and may look like anything.
    """
    end = _TEXT.search(content)
    head = content[: end.start()] if end else content
    return {_SPACES.sub("", name).lower(): value for name, value in _WORDS.findall(head)}


def _state(number: int | None, word: str) -> ReceiptState | None:
    by_number = None if number is None else BY_NUMBER.get(number)
    return by_number or BY_WORD.get(word.upper())


def moment(word: str, zone: tzinfo) -> datetime | None:
    """A date of the format, with or without seconds; None when it is none."""
    try:
        return datetime.strptime(word, _DATES[len(word)]).replace(tzinfo=zone)
    except (KeyError, ValueError):
        return None


def _content(pdu: Pdu) -> str:
    said = pdu.octets("short_message") or octets(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    return said.decode("utf-16-be" if pdu.number("data_coding") == UCS2 else "latin-1", "replace")


def _network_error(pdu: Pdu) -> str:
    """The network's own code (section 5.3.2.31): an octet for the kind of network, two for the code."""
    value = octets(pdu.tlvs, Tag.NETWORK_ERROR_CODE)
    return str(int.from_bytes(value[1:3], "big")) if value and len(value) == 3 else ""
