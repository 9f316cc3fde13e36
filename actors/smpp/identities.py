"""Names for inbound texts, since SMPP gives them none. Pure but for a random source; one thread at a time.

The same words from the same member may be a second text, or the first one sent again. What is known: an SMSC sends a
text again that we did not answer, or answered with an error, or answered so shortly before the connection was lost that
our answer may have been lost with it. So a text which looks like one of these gets its name, once; any other is new.

Not known, as nothing outlives the process: what was stored and not yet answered when it was killed. At most the
inbound window then comes again under another name. A carrier with a TLV for the name of a text has none of this.
"""

import secrets
from collections import OrderedDict, deque

#: An answer so young may not have arrived when the connection is lost.
IN_FLIGHT_SECONDS = 10.0
#: So long a text that we did answer is looked for, and one that must come again.
ANSWERED_SECONDS = 300.0
OWED_SECONDS = 86_400.0
MOST = 100_000


class Identities:
    """Outlives the connections of a bind."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}
        self._answered: deque[tuple[float, str]] = deque()
        self._again: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def name(self, digest: str, now: float) -> str:
        """For a text that arrived now."""
        waiting = self._again.get(digest)
        while waiting:
            until, name = waiting.popleft()
            if until > now:
                self._told[name] = digest
                return name
        self._again.pop(digest, None)
        name = f"{digest}-{secrets.token_hex(4)}"
        self._told[name] = digest
        return name

    def answered(self, name: str, now: float) -> None:
        """It is ours; the SMSC was told."""
        if name in self._told:
            self._answered.append((now, name))
        while self._answered and self._answered[0][0] < now - IN_FLIGHT_SECONDS:
            self._told.pop(self._answered.popleft()[1], None)

    def refused(self, name: str, now: float) -> None:
        """The SMSC was told to send it again."""
        self._expect(name, now + OWED_SECONDS)

    def lost(self, now: float) -> None:
        """The connection is gone: what is not answered comes again, and what was answered just now may."""
        for at, name in self._answered:
            if at >= now - IN_FLIGHT_SECONDS:
                self._expect(name, now + ANSWERED_SECONDS)
            self._told.pop(name, None)
        self._answered.clear()
        for name in list(self._told):
            self._expect(name, now + OWED_SECONDS)

    def _expect(self, name: str, until: float) -> None:
        digest = self._told.pop(name, None)
        if digest is not None:
            self._again.setdefault(digest, deque()).append((until, name))
            if len(self._again) > MOST:
                self._again.popitem(last=False)
