"""What can be wrong with a leader, a member, a number or a text. Each error says which."""

from supervision.errors import RookeryError


class SmsError(RookeryError):
    """Root of everything the SMS app says to people."""

    title = "That cannot be done with texts"
    status = 422
    exit_code = 65
