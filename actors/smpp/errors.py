"""What can go wrong between us and an SMSC. Raised in the thread that uses the connection."""

from actors.errors import ActorsError


class SmppError(ActorsError):
    """Root of this folder's errors."""

    title = "The carrier's SMSC cannot be used"
    status = 503


class WrongPdu(SmppError):
    """Octets that are no PDU of SMPP 3.4. `fatal` when the stream behind them cannot be trusted either.

    `command_id` and `sequence` are those of its header, as far as there was one; `answer` is the status that says why.
    """

    title = "The SMSC sent what is no SMPP"

    def __init__(self, why: str, *, command_id: int = 0, sequence: int = 0, answer: int = 0, fatal: bool = False):
        super().__init__(f"{why} (command_id 0x{command_id:08x}, sequence {sequence})")
        self.why = why
        self.command_id = command_id
        self.sequence = sequence
        self.answer = answer
        self.fatal = fatal


class CannotSay(SmppError):
    """A value that has no place in a PDU: too long, or with characters that its field does not take."""

    title = "The text cannot be said in SMPP"
    status = 422


class ConnectFailed(SmppError):
    """Nobody answers at any of the addresses, or not in time."""


class TlsFailed(ConnectFailed):
    """No trustworthy encryption."""


class BindRefused(SmppError):
    """The SMSC answered, and takes no bind from us now."""


class CredentialsRefused(BindRefused):
    """Wrong system_id, password or system_type: saying them again changes nothing, and may lock us out."""

    title = "The SMSC refuses our system_id or password"
    permanent = True


class LinkEnded(SmppError):
    """The connection ended or can no longer be trusted. What it means for each piece is in the outcomes."""

    title = "The connection to the SMSC was lost"
