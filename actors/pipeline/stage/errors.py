"""What can be wrong between stages. Each is an answer, sent to the peer as the reason of a cancel; nobody dies."""

from actors.errors import ActorsError
from supervision.errors import Refusal


class StageError(ActorsError):
    """Root of this folder's errors."""

    title = "A stage of a pipeline could not do that"


class BadSubscription(StageError, Refusal):
    """The options of a subscription are not valid, or the producer cannot take it; the message gives the range."""

    title = "The subscription is wrong"
    status = 400


class ProtocolViolation(StageError, Refusal):
    """A stage sent what its peer cannot know: the same subscription again, or one that never was or is over."""

    title = "A stage broke the demand protocol"


class UnknownPartition(StageError):
    """The hash function named a partition that the dispatcher does not have; the producer ends of it."""

    title = "There is no such partition"
