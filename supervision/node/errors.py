"""What goes wrong between a root and its nodes."""

from supervision.errors import Refusal, RookeryError


class NodeError(RookeryError):
    """Root of the errors of nodes."""

    title = "The node failed"


class LinkLost(NodeError):
    """The other end of the link is gone."""


class LinkFull(NodeError):
    """The other end has not read for so long that no more is kept for it."""


class NoAnswer(NodeError):
    """The node did not answer within the deadline; what was asked may have been done."""

    title = "The node did not answer"
    status = 504


class RefusedThere(Refusal):
    """What a node answered instead of doing it: the text, title, field and status of the error raised inside."""

    def __init__(self, message: str, title: str, status: int, field: str | None) -> None:
        super().__init__(message, field=field)
        self.title = title
        self.status = status
