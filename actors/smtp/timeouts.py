"""How long to wait for a mail server. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. The defaults are those of RFC 5321 4.5.3.2, except for opening, which is bounded as a whole.

    Attributes:
        open: from the first packet to a session that is greeted, encrypted and authenticated.
        command: the answer to MAIL, RCPT, RSET, NOOP.
        data: the answer to DATA.
        block: the longest pause of a server that reads what we send.
        final: the answer after the final dot. Too short means doubled mail: the server may accept it unheard.
        quit: the farewell.
    """

    open: float = 30.0
    command: float = 300.0
    data: float = 120.0
    block: float = 180.0
    final: float = 600.0
    quit: float = 2.0
