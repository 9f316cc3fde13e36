"""Limits that hold: for every window of length T, wherever it begins, and every limit L, units handed over <= L.

    limit      what is limited (Limit, Scope), and how windows run (Sliding, Calendar)
    charge     what a hand-over costs (Charge), the moment (Moment), and the answers: Granted, NotBefore, NeverFits, ...
    books      the decision: all limits of a charge or none of them (Books)
    blocks     what long windows have reserved in the database before it is used (Blocks)
    log        what was handed over, written before it goes out (HandoverLog)
    verifier   proves or refutes the limits from such logs, without any of the code above (verify)

Not proven here: what happens to a piece after its line was written. Half of a limit's slack is for that way.
"""

from apps.sms.limits.blocks import Blocks
from apps.sms.limits.books import Books
from apps.sms.limits.charge import Charge, Decision, Granted, Key, Moment, NeverFits, NotBefore, Unreserved, Want
from apps.sms.limits.limit import Calendar, Limit, Scope, Sliding, Unit
from apps.sms.limits.log import Handed, HandoverLog

__all__ = [
    "Blocks", "Books", "Calendar", "Charge", "Decision", "Granted", "Handed", "HandoverLog", "Key", "Limit", "Moment",
    "NeverFits", "NotBefore", "Scope", "Sliding", "Unit", "Unreserved", "Want",
]  # fmt: skip
