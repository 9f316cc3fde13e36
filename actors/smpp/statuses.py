"""What an SMSC says in `command_status` (SMPP 3.4, section 5.1.3), and what it means for a piece. Pure; any thread.

Three classes: it wants less of everything (throttled), it cannot now (temporary), it will not take this (permanent).
Reserved and vendor codes (0x400-0x4FF) are temporary: trying again costs a little, giving up loses a text. What a
vendor means by one of them can be said in the bind's configuration.
"""

from actors.carrier.port import Accepted, Refused, Throttled, Verdict

ROK = 0x00
RINVCMDLEN = 0x02
RINVCMDID = 0x03
RINVBNDSTS = 0x04
RSYSERR = 0x08
RINVPASWD = 0x0E
RINVSYSID = 0x0F
RMSGQFUL = 0x14
RINVSYSTYP = 0x53
RTHROTTLED = 0x58
RX_T_APPN = 0x64

NAMES = {
    0x00: "ESME_ROK", 0x01: "ESME_RINVMSGLEN", 0x02: "ESME_RINVCMDLEN", 0x03: "ESME_RINVCMDID",
    0x04: "ESME_RINVBNDSTS", 0x05: "ESME_RALYBND", 0x06: "ESME_RINVPRTFLG", 0x07: "ESME_RINVREGDLVFLG",
    0x08: "ESME_RSYSERR", 0x0A: "ESME_RINVSRCADR", 0x0B: "ESME_RINVDSTADR", 0x0C: "ESME_RINVMSGID",
    0x0D: "ESME_RBINDFAIL", 0x0E: "ESME_RINVPASWD", 0x0F: "ESME_RINVSYSID", 0x11: "ESME_RCANCELFAIL",
    0x13: "ESME_RREPLACEFAIL", 0x14: "ESME_RMSGQFUL", 0x15: "ESME_RINVSERTYP", 0x33: "ESME_RINVNUMDESTS",
    0x34: "ESME_RINVDLNAME", 0x40: "ESME_RINVDESTFLAG", 0x42: "ESME_RINVSUBREP", 0x43: "ESME_RINVESMCLASS",
    0x44: "ESME_RCNTSUBDL", 0x45: "ESME_RSUBMITFAIL", 0x48: "ESME_RINVSRCTON", 0x49: "ESME_RINVSRCNPI",
    0x50: "ESME_RINVDSTTON", 0x51: "ESME_RINVDSTNPI", 0x53: "ESME_RINVSYSTYP", 0x54: "ESME_RINVREPFLAG",
    0x55: "ESME_RINVNUMMSGS", 0x58: "ESME_RTHROTTLED", 0x61: "ESME_RINVSCHED", 0x62: "ESME_RINVEXPIRY",
    0x63: "ESME_RINVDFTMSGID", 0x64: "ESME_RX_T_APPN", 0x65: "ESME_RX_P_APPN", 0x66: "ESME_RX_R_APPN",
    0x67: "ESME_RQUERYFAIL", 0xC0: "ESME_RINVOPTPARSTREAM", 0xC1: "ESME_ROPTPARNOTALLWD", 0xC2: "ESME_RINVPARLEN",
    0xC3: "ESME_RMISSINGOPTPARAM", 0xC4: "ESME_RINVOPTPARAMVAL", 0xFE: "ESME_RDELIVERYFAILURE",
    0xFF: "ESME_RUNKNOWNERR",
}  # fmt: skip

THROTTLES = frozenset({RMSGQFUL, RTHROTTLED})
#: Not about the piece: the SMSC's own trouble, or that of the session, which the next one may not have.
TEMPORARY = frozenset({RINVBNDSTS, 0x05, RSYSERR, 0x0D, 0x45, RX_T_APPN, 0xFE, 0xFF})
#: To a bind: wrong for ever.
CREDENTIALS = frozenset({RINVPASWD, RINVSYSID, RINVSYSTYP})


def name(status: int) -> str:
    """As the standard calls it; a code that it does not name shows its number."""
    return NAMES.get(status, f"status 0x{status:08x}")


def code(status: int) -> str:
    """Name and number in one word, for ledgers and rules: `ESME_RTHROTTLED(0x58)`."""
    return f"{NAMES[status]}(0x{status:02x})" if status in NAMES else f"0x{status:08x}"


def is_permanent(status: int) -> bool:
    """Whether the same piece would be refused again."""
    return status in NAMES and status not in TEMPORARY and status not in THROTTLES


def verdict(status: int, message_id: str, opted_out: frozenset[int] = frozenset()) -> Verdict:
    """What an answer to submit_sm means. `opted_out`: the codes by which this carrier says so."""
    if status == ROK:
        return Accepted(message_id)
    if status in THROTTLES:
        return Throttled(code(status))
    permanent = is_permanent(status) or status in opted_out
    return Refused(code(status), f"the SMSC answered {name(status)}", permanent, status in opted_out)
