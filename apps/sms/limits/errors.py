"""What goes wrong with limits, for people."""

from supervision.errors import RookeryError


class LimitError(RookeryError):
    """Root of the errors about limits."""

    title = "A limit"


class WrongLimit(LimitError):
    """A limit that cannot be kept or means nothing; `field` names its part."""

    title = "The limit is wrong"
    exit_code = 78
    status = 422


class WrongLog(LimitError):
    """A line of a hand-over log that is none; the message holds its place."""

    title = "The hand-over log cannot be read"
    exit_code = 65
