"""What can be wrong with an order about a send."""

from apps.email.errors import EmailError


class CampaignError(EmailError):
    """Root of what is said about sends."""

    title = "The send cannot do that"
    status = 409


class NoSuchSend(CampaignError):
    """No send has this id or name."""

    title = "No such send"
    status = 404
    exit_code = 66


class NotNow(CampaignError):
    """The send's state does not allow it."""

    title = "Not in this state"
