"""Telling the outbound branch of this process, if it is the one at work, that somebody may have opted out.

Any thread. The database decides: what was taken back is read again, and not sent to whoever left. This only reaches the
texts that are claimed already and wait a moment for their limits; in other processes they leave within that moment.
"""

from collections.abc import Iterable
from contextlib import suppress

from apps.sms.outbound.messages import Silence
from supervision import MailboxFull, NoProc, System

PARTS = ("/sms/outbound/authority", "/sms/outbound/clerk")


def silence(system: System, conversations: Iterable[tuple[str, str]]) -> None:
    """`conversations` are (leader, member's number)."""
    for leader, member in dict.fromkeys(conversations):
        for path in PARTS:
            with suppress(NoProc, MailboxFull):
                system.address(path).cast(Silence(leader, member))
