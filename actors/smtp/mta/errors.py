"""What can go wrong in the embedded mail server."""

from actors.smtp.errors import SmtpError


class MtaError(SmtpError):
    """Root of this folder's errors."""

    title = "The embedded mail server could not do that"


class ListenFailed(MtaError):
    """The configured address cannot be listened on: taken, not ours, or not allowed."""


class ListenerEnded(MtaError):
    """The thread that serves mail ended without being told to."""


class StoreFailed(MtaError):
    """The file of kept mails cannot be opened, read or written."""


class NoSuchMail(MtaError):
    """No mail of that number was kept."""

    title = "No such mail"
    status = 404


class NotRunning(MtaError):
    """The embedded mail server is off, or being restarted."""


class NoSuchRule(MtaError):
    """No rule of that number."""

    title = "No such rule"
    status = 404
