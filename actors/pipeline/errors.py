"""What can be wrong with a pipeline itself. What is wrong with one message becomes its status, see `message`."""

from actors.errors import ActorsError
from supervision.errors import Refusal


class PipelineError(ActorsError):
    """Root of this folder's errors."""

    title = "A pipeline could not do that"


class WrongOption(PipelineError, Refusal):
    """An option is unknown, missing or has a wrong value; the text names its path, as `batchers.mail.batch_size`."""

    title = "A pipeline's options are wrong"
    exit_code = 78
    status = 400


class NotRunning(PipelineError, Refusal):
    """No pipeline runs at this path now."""

    title = "The pipeline does not run"
    status = 404


class NotLimited(PipelineError, Refusal):
    """The pipeline was started without a rate limit, so there is none to read or change."""

    title = "Rate limiting is not enabled"
    status = 409


class NotConfigurable(PipelineError):
    """The acknowledger of this message has no `configure`."""

    title = "The acknowledger takes no options"


class BadReturn(PipelineError):
    """A callback of the user's returned something else than it has to."""

    title = "A callback returned the wrong thing"


class UnknownBatcher(PipelineError):
    """A message asks for a batcher that the pipeline does not have."""

    title = "There is no such batcher"
