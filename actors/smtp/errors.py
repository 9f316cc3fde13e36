"""What can go wrong between us and a mail server. Raised in the thread that uses the session."""

from actors.errors import ActorsError
from supervision.errors import ConfigError


class SmtpError(ActorsError):
    """Root of this folder's errors."""

    title = "Mail could not be handed over"
    status = 503


class WrongUrl(ConfigError):
    """The URL of a mail server cannot be used. The message never repeats the URL: it may hold a password."""


class NotOpened(SmtpError):
    """No session with the mail server came about; nothing was sent."""

    title = "The mail server cannot be used"


class ConnectFailed(NotOpened):
    """Nobody answers at the address, or not in time."""


class GreetingRefused(NotOpened):
    """The server answered, but takes no mail from us now."""


class TlsFailed(NotOpened):
    """No trustworthy encryption: not offered though required, a bad certificate, or words slipped in before it."""


class AuthFailed(NotOpened):
    """The server does not take our credentials, or we must not send them."""


class CredentialsRefused(AuthFailed):
    """5yz to our credentials: they stay wrong however often they are said, and saying them again may lock us out."""

    title = "The mail server refuses our user or password"
    permanent = True


class ConnectionLost(SmtpError):
    """The connection ended or can no longer be trusted. What it means for each mail is in the verdicts."""

    title = "The connection to the mail server was lost"


class TimedOut(ConnectionLost):
    """The server neither answers nor reads within the time allowed."""


class BadReply(ConnectionLost):
    """What the server said is not an SMTP reply, or makes no sense at this point."""
